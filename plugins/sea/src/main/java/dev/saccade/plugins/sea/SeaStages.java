package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;

/**
 * The launches of causal SEA, in the order of {@link SeaSteps}. What each kernel reads and writes
 * is said where it is defined, in {@code src/main/cuda/sea_*.cu}; nothing waits between them.
 * {@link SeaAroundStages} replaces those that look back only.
 */
class SeaStages {

  /** Positions that kernels sum up by themselves ({@code sea_axes.cuh}). */
  static final int CHUNK = 128;

  static final int PRODUCT_THREADS = 256;
  static final int TILE = 64; // rows and columns of a product that a block has
  static final int PIXELS = 128; // of a convolution, with CHANNELS
  static final int CHANNELS = 32;
  static final int WARP = 32;
  static final int WARPS = 4; // of a block whose warps work by themselves
  static final int QUERIES = 8; // that a block attends for
  private static final int CUT_THREADS = 256;
  private static final int SCAN_THREADS = 256;
  private static final int SHARED_BYTES = 48 << 10; // that every GPU gives a block
  private static final int GATHERED_BYTES = 16; // that a lane reads at once

  private final DeviceCall call;
  private final SeaInputs inputs;
  final SeaSize size;
  final SeaScratch scratch;
  private final GpuSession session;
  private final GpuStream stream;
  final int heads; // of the batch

  SeaStages(
      DeviceCall call,
      SeaInputs inputs,
      SeaSize size,
      SeaScratch scratch,
      GpuSession session,
      GpuStream stream) {
    this.call = call;
    this.inputs = inputs;
    this.size = size;
    this.scratch = scratch;
    this.session = session;
    this.stream = stream;
    this.heads = size.batch() * size.heads();
  }

  static int chunks(SeaSize size) {
    return SeaSize.ceilingOf(size.length(), CHUNK);
  }

  /** Numbers that a chunk of one head adds up to. */
  static long stateSize(SeaSize size) {
    return (long) size.features() * (2 * size.headSize() + 1);
  }

  /** The most dynamic shared memory that a stage needs. */
  static long sharedBytes(SeaSize size) {
    long joined = (long) size.heads() * size.stripWidth();
    return Math.max(Float.BYTES * joined, bytesToCut(size));
  }

  /** The dynamic shared memory that a query needs to choose among columns. */
  static long bytesToCut(SeaSize size) {
    return (long) Integer.BYTES * size.heads() * size.words();
  }

  void all() {
    findRealKeys();
    average("seaAverage", context());
    estimate(0);
    attend();
  }

  /**
   * From the rough contexts to the columns that are kept.
   *
   * @param masses of the rough contexts go there, {@code [B, H, R]}; nowhere, if 0
   */
  void estimate(long masses) {
    mixRoughly(masses);
    encode();
    weigh(paint());
    cut("sea_cut", "seaCut", 0);
  }

  /** Zero where a position is left out, {@code [B, T]}, integers; 0 if none is. */
  long counted() {
    return scratch.ranks();
  }

  /** How many keys a query sees, {@code [B, T]}, integers; 0 if as many as there are up to it. */
  long seen() {
    return scratch.ranks();
  }

  void findRealKeys() {
    inputs
        .real()
        .ifPresent(
            real ->
                launch(
                    "sea_real",
                    "seaRealKeys",
                    Grid.of(size.batch(), 1, 1, PRODUCT_THREADS),
                    addresses(input(real), scratch.ranks(), scratch.positions()).words(axes())));
  }

  /** The running mean, in numbers of the kernel's own type. */
  void average(String kernel, long into) {
    long value = input(SeaInputs.VALUE);
    int threads = featureThreads();
    Grid ofChunks = Grid.of(chunks(size), heads, 1, threads);
    launch(
        "sea_average",
        typed("seaValueSums"),
        ofChunks,
        addresses(value, scratch.ranks(), scratch.valueSums()).words(axes()));
    launch(
        "sea_average",
        "seaValueScan",
        Grid.of(heads, 1, 1, threads),
        addresses(scratch.valueSums()).words(axes()));
    launch(
        "sea_average",
        typed(kernel),
        ofChunks,
        addresses(value, scratch.ranks(), scratch.valueSums(), into).words(axes()));
  }

  /** Of a block whose threads have a feature of a value each. */
  int featureThreads() {
    return Math.min(SeaSize.ceilingOf(size.headSize(), WARP) * WARP, PRODUCT_THREADS);
  }

  /**
   * @param masses as for {@link #estimate}
   */
  final void mixRoughly(long masses) {
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      mixRoughly(head, Math.min(scratch.headsAtOnce(), heads - head), masses);
    }
  }

  /** Features of some heads, and the sums over the keys before each chunk. */
  final void remember(int first, int count) {
    features(
        input(SeaInputs.QUERY) + first * bytesOfHead(),
        scratch.queryFeatures(),
        count,
        size.rows(),
        size.every(),
        featureScale() * size.queryScale());
    sumUp(first, count);
  }

  /** Leaves for every chunk of some heads the sums of all before it. */
  final void sumUp(int first, int count) {
    features(
        input(SeaInputs.KEY) + first * bytesOfHead(),
        scratch.keyFeatures(),
        count,
        size.length(),
        1,
        featureScale());
    launch(
        "sea_rough",
        typed(product("seaRoughSums")),
        stateTiles(count),
        addresses(
                scratch.keyFeatures(),
                places(),
                input(SeaInputs.VALUE) + first * bytesOfHead(),
                scratch.ranks(),
                scratch.states())
            .words(axes())
            .integer(first));
    scan(stateThreads(count), first);
  }

  /** Replaces the sums of every chunk by those of all before it. */
  void scan(Grid grid, int firstHead) {
    launch("sea_rough", "seaRoughScan", grid, addresses(scratch.states()).words(axes()));
  }

  /** A block each tile of the states of some heads. */
  final Grid stateTiles(int count) {
    return Grid.of(
        tiles(size.features()) * tiles(2 * size.headSize()), chunks(size), count, PRODUCT_THREADS);
  }

  /** A thread each number of a state, of some heads. */
  final Grid stateThreads(int count) {
    return Grid.of((int) (stateSize(size) / SCAN_THREADS) + 1, count, 1, SCAN_THREADS);
  }

  /** What vectors are multiplied by before they become features. */
  final float featureScale() {
    return (float) Math.pow(size.headSize(), -0.25);
  }

  /** The learned vector of the first position. */
  long places() {
    return parameter(SeaParameters.POSITIONS);
  }

  /** Rough contexts of some heads. */
  private void mixRoughly(int first, int count, long masses) {
    remember(first, count);
    long ofRows = (long) first * size.rows() * Float.BYTES;
    launch(
        "sea_rough",
        typed(product("seaRoughContext")),
        Grid.of(
            tiles(SeaSize.ceilingOf(CHUNK, size.every())), chunks(size), count, PRODUCT_THREADS),
        addresses(
                scratch.queryFeatures(),
                scratch.keyFeatures(),
                places(),
                input(SeaInputs.VALUE) + first * bytesOfHead(),
                scratch.ranks(),
                scratch.states(),
                scratch.rough() + ofRows * 2 * size.headSize(),
                masses == 0 ? 0 : masses + ofRows)
            .words(axes())
            .integer(first));
  }

  private void features(long x, long into, int count, int rows, int every, float scale) {
    launch(
        "sea_features",
        typed(product("seaFeatures")),
        Grid.of(tiles(rows), tiles(size.features()), count, PRODUCT_THREADS),
        addresses(x, parameter(SeaParameters.PROJECTION), into)
            .words(axes())
            .integer(rows)
            .integer(every)
            .number(scale));
  }

  /** What the encoder says before its norm. */
  void hide() {
    int joint = SeaBackStages.joint(size);
    int rows = heads * size.rows();
    launch(
        "sea_encoder",
        typed(product("seaEncode")),
        Grid.of(tiles(rows / joint), tiles(2 * size.headSize() * joint), 1, PRODUCT_THREADS),
        addresses(
                scratch.rough(),
                input(SeaInputs.VALUE),
                counted(),
                weight(SeaParameters.ENCODER),
                bias(SeaParameters.ENCODER),
                scratch.hidden())
            .words(axes())
            .integer(joint));
  }

  final void encode() {
    hide();
    int joint = SeaBackStages.joint(size);
    int rows = heads * size.rows();
    launch(
        "sea_encoder",
        "seaNormGelu",
        warpEach(rows / joint),
        addresses(
                scratch.hidden(),
                weight(SeaParameters.ENCODER_NORM),
                bias(SeaParameters.ENCODER_NORM))
            .words(axes())
            .integer(joint));
    launch(
        "sea_encoder",
        product("seaStrips"),
        Grid.of(tiles(rows), tiles(2 * widthOfPair()), 1, PRODUCT_THREADS),
        addresses(
                scratch.hidden(),
                weight(SeaParameters.ROWS),
                bias(SeaParameters.ROWS),
                scratch.picture())
            .words(axesOfPairs()));
    launch(
        "sea_encoder",
        "seaGates",
        warpEach(rows),
        addresses(
                scratch.hidden(),
                weight(SeaParameters.GATES),
                bias(SeaParameters.GATES),
                scratch.gates())
            .words(axes()));
  }

  /** Of four strips a head {@code seaStrips} makes two, each of two side by side. */
  private int widthOfPair() {
    return size.strips().perHead() / 2 * size.stripWidth();
  }

  private int[] axesOfPairs() {
    int[] axes = axes();
    axes[axes.length - 1] = widthOfPair();
    return axes;
  }

  /** Returns where the last picture is. */
  final long paint() {
    launch(
        "sea_painting",
        "seaNormalise",
        warpEach(heads * 2 * size.rows()),
        addresses(
                scratch.picture(),
                weight(SeaParameters.STRIPS_NORM),
                bias(SeaParameters.STRIPS_NORM))
            .words(axes()));
    long from = scratch.picture();
    long into = scratch.refined();
    Grid tiles =
        Grid.of(
            SeaSize.ceilingOf(size.rows() * size.stripWidth(), PIXELS),
            SeaSize.ceilingOf(size.channels(), CHANNELS),
            size.batch(),
            PRODUCT_THREADS);
    for (String refinement : SeaParameters.refinements(size.options())) {
      refine(tiles, refinement, from, into);
      long painted = into;
      into = from;
      from = painted;
    }
    return from;
  }

  void refine(Grid tiles, String refinement, long from, long into) {
    launch(
        "sea_painting",
        product("seaRefine"),
        tiles,
        addresses(from, weight(refinement), bias(refinement), into).words(axes()));
  }

  final void weigh(long picture) {
    launch(
        "sea_painting",
        "seaWeights",
        Grid.of(size.rows(), size.batch(), 1, WARPS * WARP)
            .withShared(Float.BYTES * size.heads() * size.stripWidth()),
        addresses(
                picture,
                weight(SeaParameters.PAINT_JOIN),
                weight(SeaParameters.SCORES_NORM),
                bias(SeaParameters.SCORES_NORM),
                scratch.weights())
            .words(axes()));
  }

  /**
   * Keeps the greatest columns of every query by itself.
   *
   * @param more that the kernel is told
   */
  final void cut(String module, String kernel, int... more) {
    int joint = size.options().grouping() == Grouping.CAUSAL_BATCH ? size.heads() : 1;
    int counts = Integer.BYTES * joint * size.words();
    int copy = Float.BYTES * joint * size.width();
    boolean held = counts + copy <= SHARED_BYTES;
    LaunchArguments arguments =
        addresses(scratch.weights(), counted(), scratch.kept())
            .words(axes())
            .address(input(SeaInputs.KEPT))
            .wide(size.options().oversample())
            .integer(joint)
            .integer(held ? 1 : 0);
    for (int each : more) {
      arguments.integer(each);
    }
    launch(
        module,
        kernel,
        Grid.of(size.length(), size.heads() / joint, size.batch(), CUT_THREADS)
            .withShared(held ? counts + copy : counts),
        arguments);
  }

  void attend() {
    launch(
        "sea_attention",
        gathering("seaAttention"),
        Grid.of(SeaSize.ceilingOf(size.length(), QUERIES), heads, 1, QUERIES * WARP),
        attending(input(SeaInputs.KEY), input(SeaInputs.VALUE), scratch.positions()));
  }

  /** What kernels that attend to kept keys are told. */
  final LaunchArguments attending(long keys, long values, long positions) {
    return addresses(
            query().address(),
            keys,
            values,
            scratch.kept(),
            scratch.gates(),
            seen(),
            positions,
            input(SeaInputs.KEPT),
            context())
        .words(axes())
        .words(keyRule())
        .number(size.queryScale() * size.scoreScale())
        .integer(size.options().scaled() ? 1 : 0);
  }

  /** The struct of {@code sea_keys.cuh}. */
  final int[] keyRule() {
    return new int[] {
      Float.floatToRawIntBits((float) size.options().oversample()),
      size.options().keyRule() == KeyRule.AT_MOST_K ? 1 : 0
    };
  }

  /** The variant of a kernel that reads rows in pieces, if they are made of them. */
  final String gathering(String kernel) {
    boolean wide = query().elementType().bytes() * size.headSize() % GATHERED_BYTES == 0;
    return typed(wide ? kernel : kernel + "Narrow");
  }

  final void launch(String module, String kernel, Grid grid, LaunchArguments arguments) {
    session.function(module, kernel).launch(stream, grid, arguments);
  }

  /** A warp for each of so many. */
  static Grid warpEach(int count) {
    return Grid.of(SeaSize.ceilingOf(count, WARPS), 1, 1, WARPS * WARP);
  }

  static int tiles(int numbers) {
    return SeaSize.ceilingOf(numbers, TILE);
  }

  static LaunchArguments addresses(long... addresses) {
    LaunchArguments arguments = new LaunchArguments();
    for (long address : addresses) {
      arguments.address(address);
    }
    return arguments;
  }

  final int[] axes() {
    return axes(size);
  }

  /** The struct of {@code sea_axes.cuh}. */
  static int[] axes(SeaSize size) {
    return new int[] {
      size.batch(),
      size.heads(),
      size.length(),
      size.headSize(),
      size.features(),
      size.every(),
      size.rows(),
      size.width(),
      size.stripWidth()
    };
  }

  /** Products have twins on tensor cores, in as many threads and tiles. */
  final String product(String kernel) {
    boolean twin = session.gpu().multipliesOnTensorCores(query().elementType());
    return twin ? kernel + "Tensor" : kernel;
  }

  final String typed(String kernel) {
    return kernel + "_" + query().suffix();
  }

  final DeviceTensor query() {
    return call.inputs().get(SeaInputs.QUERY);
  }

  final long bytesOfHead() {
    return (long) size.length() * size.headSize() * query().elementType().bytes();
  }

  final long input(int number) {
    return call.inputs().get(number).address();
  }

  final long parameter(String name) {
    return input(inputs.parameter(name));
  }

  final long weight(String of) {
    return parameter(SeaParameters.weight(of));
  }

  final long bias(String of) {
    return parameter(SeaParameters.bias(of));
  }

  final long context() {
    return call.outputs().get(0).address();
  }
}
