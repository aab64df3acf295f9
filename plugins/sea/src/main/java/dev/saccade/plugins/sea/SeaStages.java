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
  private static final int TILE = 64; // rows and columns of a product that a block has
  static final int PIXELS = 128; // of a convolution, with CHANNELS
  static final int CHANNELS = 32;
  static final int WARP = 32;
  static final int WARPS = 4; // of a block whose warps work by themselves
  private static final int QUERIES = 8; // that a block attends for
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
    average();
    for (int head = 0; head < heads; head += scratch.headsAtOnce()) {
      mixRoughly(head, Math.min(scratch.headsAtOnce(), heads - head));
    }
    encode();
    weigh(paint());
    cut("sea_cut", "seaCut");
    attend();
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

  private void average() {
    long value = input(SeaInputs.VALUE);
    int threads = Math.min(SeaSize.ceilingOf(size.headSize(), WARP) * WARP, PRODUCT_THREADS);
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
        typed("seaAverage"),
        ofChunks,
        addresses(value, scratch.ranks(), scratch.valueSums(), context()).words(axes()));
  }

  /** Rough contexts of some heads. */
  private void mixRoughly(int first, int count) {
    long value = input(SeaInputs.VALUE) + first * bytesOfHead();
    long places = parameter(SeaParameters.POSITIONS);
    float scale = (float) Math.pow(size.headSize(), -0.25);
    features(
        input(SeaInputs.QUERY) + first * bytesOfHead(),
        scratch.queryFeatures(),
        count,
        size.rows(),
        size.every(),
        scale * size.queryScale());
    features(
        input(SeaInputs.KEY) + first * bytesOfHead(),
        scratch.keyFeatures(),
        count,
        size.length(),
        1,
        scale);
    launch(
        "sea_rough",
        typed("seaRoughSums"),
        Grid.of(
            tiles(size.features()) * tiles(2 * size.headSize()),
            chunks(size),
            count,
            PRODUCT_THREADS),
        addresses(scratch.keyFeatures(), places, value, scratch.ranks(), scratch.states())
            .words(axes())
            .integer(first));
    launch(
        "sea_rough",
        "seaRoughScan",
        Grid.of((int) (stateSize(size) / SCAN_THREADS) + 1, count, 1, SCAN_THREADS),
        addresses(scratch.states()).words(axes()));
    launch(
        "sea_rough",
        typed("seaRoughContext"),
        Grid.of(
            tiles(SeaSize.ceilingOf(CHUNK, size.every())), chunks(size), count, PRODUCT_THREADS),
        addresses(
                scratch.queryFeatures(),
                scratch.keyFeatures(),
                places,
                value,
                scratch.ranks(),
                scratch.states(),
                scratch.rough() + (long) first * size.rows() * 2 * size.headSize() * Float.BYTES)
            .words(axes())
            .integer(first));
  }

  private void features(long x, long into, int count, int rows, int every, float scale) {
    launch(
        "sea_features",
        typed("seaFeatures"),
        Grid.of(tiles(rows), tiles(size.features()), count, PRODUCT_THREADS),
        addresses(x, parameter(SeaParameters.PROJECTION), into)
            .words(axes())
            .integer(rows)
            .integer(every)
            .number(scale));
  }

  final void encode() {
    int joint = size.options().jointEncoder() ? size.heads() : 1;
    int rows = heads * size.rows();
    launch(
        "sea_encoder",
        typed("seaEncode"),
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
        "seaStrips",
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
  private long paint() {
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
      launch(
          "sea_painting",
          "seaRefine",
          tiles,
          addresses(from, weight(refinement), bias(refinement), into).words(axes()));
      long painted = into;
      into = from;
      from = painted;
    }
    return from;
  }

  private void weigh(long picture) {
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

  /** Keeps the greatest columns of every query by itself. */
  final void cut(String module, String kernel) {
    int joint = size.options().grouping() == Grouping.CAUSAL_BATCH ? size.heads() : 1;
    int counts = Integer.BYTES * joint * size.words();
    int copy = Float.BYTES * joint * size.width();
    boolean held = counts + copy <= SHARED_BYTES;
    launch(
        module,
        kernel,
        Grid.of(size.length(), size.heads() / joint, size.batch(), CUT_THREADS)
            .withShared(held ? counts + copy : counts),
        addresses(scratch.weights(), counted(), scratch.kept())
            .words(axes())
            .address(input(SeaInputs.KEPT))
            .wide(size.options().oversample())
            .integer(joint)
            .integer(held ? 1 : 0));
  }

  final void attend() {
    SeaOptions options = size.options();
    boolean wide = query().elementType().bytes() * size.headSize() % GATHERED_BYTES == 0;
    launch(
        "sea_attention",
        typed(wide ? "seaAttention" : "seaAttentionNarrow"),
        Grid.of(SeaSize.ceilingOf(size.length(), QUERIES), heads, 1, QUERIES * WARP),
        addresses(
                query().address(),
                input(SeaInputs.KEY),
                input(SeaInputs.VALUE),
                scratch.kept(),
                scratch.gates(),
                seen(),
                scratch.positions(),
                input(SeaInputs.KEPT),
                context())
            .words(axes())
            .words(
                Float.floatToRawIntBits((float) options.oversample()),
                options.keyRule() == KeyRule.AT_MOST_K ? 1 : 0)
            .number(size.queryScale() * size.scoreScale())
            .integer(options.scaled() ? 1 : 0));
  }

  final void launch(String module, String kernel, Grid grid, LaunchArguments arguments) {
    session.function(module, kernel).launch(stream, grid, arguments);
  }

  /** A warp for each of so many. */
  private static Grid warpEach(int count) {
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

  /** The struct of {@code sea_axes.cuh}. */
  final int[] axes() {
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
