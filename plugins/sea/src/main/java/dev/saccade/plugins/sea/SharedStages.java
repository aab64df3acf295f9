package dev.saccade.plugins.sea;

import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;

/**
 * What {@link SeaStages} and {@link SeaAroundStages} have in common: the stages that do not care
 * which keys a query sees, and how kernels are launched.
 */
abstract class SharedStages {

  /** Positions that kernels sum up by themselves ({@code sea_axes.cuh}). */
  static final int CHUNK = 128;

  static final int PRODUCT_THREADS = 256;
  static final int WARP = 32;
  static final int WARPS = 4; // of a block whose warps work by themselves
  private static final int TILE = 64; // rows and columns of a product that a block has
  private static final int PIXELS = 128; // of a convolution, with CHANNELS
  private static final int CHANNELS = 32;
  private static final int QUERIES = 8; // that a block attends for
  private static final int CUT_THREADS = 256;
  private static final int SHARED_BYTES = 48 << 10; // that every GPU gives a block
  private static final int GATHERED_BYTES = 16; // that a lane reads at once

  final SeaSize size;
  final SeaScratch scratch;
  final int heads; // of the batch
  private final DeviceCall call;
  private final SeaInputs inputs;
  private final GpuSession session;
  private final GpuStream stream;

  SharedStages(
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

  /** Dynamic shared memory that a query needs to choose among columns. */
  static long bytesToCut(SeaSize size) {
    return (long) Integer.BYTES * size.heads() * size.words();
  }

  /** Launches everything, in order. */
  abstract void all();

  final void findRealKeys() {
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

  /** What some vectors are on the random directions, or features of it. */
  final void features(
      String module,
      String kernel,
      long x,
      long into,
      int count,
      int rows,
      int every,
      float scale) {
    launch(
        module,
        typed(kernel),
        Grid.of(tiles(rows), tiles(size.features()), count, PRODUCT_THREADS),
        addresses(x, parameter(SeaParameters.PROJECTION), into)
            .words(axes())
            .integer(rows)
            .integer(every)
            .number(scale));
  }

  /**
   * From rough contexts to strips and gates.
   *
   * @param seen {@code [B, T]}, integers, zero where a value is left out; 0 if none is
   */
  final void encode(long seen) {
    int joint = size.options().jointEncoder() ? size.heads() : 1;
    int rows = heads * size.rows();
    launch(
        "sea_encoder",
        typed("seaEncode"),
        Grid.of(tiles(rows / joint), tiles(2 * size.headSize() * joint), 1, PRODUCT_THREADS),
        addresses(
                scratch.rough(),
                input(SeaInputs.VALUE),
                seen,
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
    // For it a head has two strips: of four, two side by side are one.
    launch(
        "sea_encoder",
        "seaStrips",
        Grid.of(
            tiles(rows), tiles(size.strips().perHead() * size.stripWidth()), 1, PRODUCT_THREADS),
        addresses(
                scratch.hidden(),
                weight(SeaParameters.ROWS),
                bias(SeaParameters.ROWS),
                scratch.picture())
            .words(axes(size.strips().perHead() / 2 * size.stripWidth())));
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

  /** Launches a convolution for all sequences. */
  final void convolve(String module, String kernel, int rows, int outputs, LaunchArguments of) {
    Grid tiles =
        Grid.of(
            SeaSize.ceilingOf(rows * size.stripWidth(), PIXELS),
            SeaSize.ceilingOf(outputs, CHANNELS),
            size.batch(),
            PRODUCT_THREADS);
    launch(module, kernel, tiles, of.words(axes()));
  }

  /**
   * Keeps the greatest columns of every query by itself.
   *
   * @param seen {@code [B, T]}, integers, zero where a query keeps none; 0 if all do
   */
  final void cutEachQuery(String module, String kernel, long seen) {
    int joint = size.options().grouping() == Grouping.CAUSAL_BATCH ? size.heads() : 1;
    int counts = Integer.BYTES * joint * size.words();
    int copy = Float.BYTES * joint * size.width();
    boolean held = counts + copy <= SHARED_BYTES;
    launch(
        module,
        kernel,
        Grid.of(size.length(), size.heads() / joint, size.batch(), CUT_THREADS)
            .withShared(held ? counts + copy : counts),
        addresses(scratch.weights(), seen, scratch.kept())
            .words(axes())
            .address(input(SeaInputs.KEPT))
            .wide(size.options().oversample())
            .integer(joint)
            .integer(held ? 1 : 0));
  }

  /**
   * Attends to kept keys, and mixes with the average that the context holds.
   *
   * @param seen how many keys each query sees, {@code [B, T]}, integers; 0 if as many as there are
   *     up to it
   */
  final void attend(long seen) {
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
                seen,
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

  /** The struct of {@code sea_axes.cuh}. */
  final int[] axes() {
    return axes(size.stripWidth());
  }

  private int[] axes(int stripWidth) {
    return new int[] {
      size.batch(),
      size.heads(),
      size.length(),
      size.headSize(),
      size.features(),
      size.every(),
      size.rows(),
      size.width(),
      stripWidth
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
