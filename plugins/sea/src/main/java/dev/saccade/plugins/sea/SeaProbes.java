package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.sea.cuda.DeviceArena;
import dev.saccade.plugins.sea.cuda.DeviceCall;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import dev.saccade.plugins.sea.cuda.Grid;
import dev.saccade.plugins.sea.cuda.LaunchArguments;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a run of {@link SeaOnDevice#program} did, for those who want to look: which keys every query
 * kept and what they weigh, as compressed sparse rows on the GPU, and the estimate that they were
 * chosen by. Everything grows linearly with T, so it can be had where a whole attention matrix
 * cannot.
 *
 * <p>A run leaves in its scratch what probes are made of. So a run that nobody looks at costs
 * nothing more, and a look computes no more than the weights once again:
 *
 * <pre>{@code
 * SeaOnDevice.program().run(Pass.FORWARD, call, session, stream);
 * SeaProbes probes = SeaProbes.of(call, session, stream); // before the scratch serves another call
 *
 * SparseRows kept = probes.download(); // on the heap; or, all on the GPU:
 *
 * probes.count(rowPointers, sums);
 * long entries = probes.entries(rowPointers); // waits: the size is known to the GPU alone
 * probes.list(rowPointers, columns, weights);
 * }</pre>
 *
 * <p>A row is one query of one head of one sequence, in the order B, H, T. Like the program it asks
 * the stream for work and waits for nothing, where nothing else is said. The session must be
 * entered.
 */
public final class SeaProbes {

  private static final String MODULE = "sea_csr";
  private static final int QUERIES = 8; // that a block has, a warp each
  private static final int WARP = 32;
  private static final int TILE_ROWS = 2048; // that a block adds up
  private static final int THREADS = 256;
  private static final int ESTIMATE_THREADS = 128;

  private final DeviceCall call;
  private final SeaSize size;
  private final SeaScratch scratch;
  private final long seen; // address of how many keys a query sees, or 0
  private final GpuSession session;
  private final GpuStream stream;

  private SeaProbes(
      DeviceCall call,
      SeaSize size,
      SeaScratch scratch,
      long seen,
      GpuSession session,
      GpuStream stream) {
    this.call = call;
    this.size = size;
    this.scratch = scratch;
    this.seen = seen;
    this.session = session;
    this.stream = stream;
  }

  /**
   * Of a call that went forward, or was asked to on the same stream, and whose inputs and scratch
   * are as that left them.
   */
  public static SeaProbes of(DeviceCall call, GpuSession session, GpuStream stream) {
    KernelRequest request = SeaProgram.request(call);
    SeaOptions options = SeaOptions.from(request.arguments());
    boolean padded = SeaInputs.of(request, options).real().isPresent();
    SeaSize size = SeaRun.size(request, options);
    if (request.arguments().flag(SeaOptions.CAUSAL)) {
      SeaScratch scratch = SeaScratch.at(call.scratch(), size, padded);
      return new SeaProbes(call, size, scratch, scratch.ranks(), session, stream);
    }
    SeaAroundScratch around =
        SeaAroundScratch.at(call.scratch(), size, padded, SeaScratch.FEATURE_BYTES);
    return new SeaProbes(call, size, around.common(), around.seen(), session, stream);
  }

  /** B·H·T. */
  public long rows() {
    return (long) heads() * size.length();
  }

  /** What {@link #count} needs for row pointers: {@code [B·H·T + 1]} of 64 bits. */
  public long rowPointerBytes() {
    return (rows() + 1) * Long.BYTES;
  }

  /** What {@link #count} needs for sums. */
  public long sumBytes() {
    return (long) tiles() * Long.BYTES;
  }

  /**
   * Finds where each row begins in the lists, and where the last one ends.
   *
   * @param rowPointers address of {@link #rowPointerBytes()}
   * @param sums address of {@link #sumBytes()}, of undefined content before and afterwards
   */
  public void count(long rowPointers, long sums) {
    launch("seaCsrCount", aWarpEach(), mask().address(rowPointers).words(axes()).words(keyRule()));
    LaunchArguments tiled =
        new LaunchArguments().address(rowPointers).address(sums).wholeNumber(rows());
    Grid ofTiles = Grid.of(tiles(), 1, 1, THREADS);
    launch("seaCsrTiles", ofTiles, tiled);
    launch(
        "seaCsrScan",
        Grid.of(1, 1, 1, THREADS),
        new LaunchArguments().address(sums).integer(tiles()));
    launch("seaCsrRows", ofTiles, tiled);
  }

  /** Waits for {@link #count}, and returns how many keys all queries kept together. */
  public long entries(long rowPointers) {
    return read(rowPointers + rows() * Long.BYTES, Long.BYTES).getLong(0);
  }

  /**
   * Lists the kept keys.
   *
   * @param rowPointers as {@link #count} left them
   * @param columns address of {@code [entries]} integers: key positions, ascending within a row
   * @param weights address of {@code [entries]} F32: what each key has in the sparse attention, the
   *     row gate included, before the mixture with the average
   */
  public void list(long rowPointers, long columns, long weights) {
    DeviceTensor query = call.inputs().get(SeaInputs.QUERY);
    launch(
        "seaCsrFill_" + query.suffix(),
        aWarpEach(),
        new LaunchArguments()
            .address(query.address())
            .address(call.inputs().get(SeaInputs.KEY).address())
            .address(scratch.kept())
            .address(scratch.gates())
            .address(seen)
            .address(scratch.positions())
            .address(kept())
            .address(rowPointers)
            .address(columns)
            .address(weights)
            .words(axes())
            .words(keyRule())
            .number(size.queryScale() * size.scoreScale())
            .integer(size.options().scaled() ? 1 : 0));
  }

  /** {@code [B, H, T, M]}, of F32. */
  public Shape estimateShape() {
    return Shape.of(size.batch(), size.heads(), size.length(), size.width());
  }

  /**
   * Writes the estimate as every query has it, of which the greatest were kept.
   *
   * @param into address of {@link #estimateShape()}
   */
  public void estimate(long into) {
    launch(
        "seaCsrEstimate",
        Grid.of(size.length(), heads(), 1, ESTIMATE_THREADS),
        new LaunchArguments().address(scratch.weights()).address(into).words(axes()));
  }

  /** Lists the kept keys on the heap; waits, and needs memory on the GPU for as long as it does. */
  public SparseRows download() {
    try (DeviceArena ofRows = new DeviceArena();
        DeviceArena ofEntries = new DeviceArena()) {
      ofRows.reserve(rowPointerBytes() + sumBytes());
      long rowPointers = ofRows.address();
      count(rowPointers, rowPointers + rowPointerBytes());
      long entries = entries(rowPointers);
      if (entries * Float.BYTES > Integer.MAX_VALUE || rowPointerBytes() > Integer.MAX_VALUE) {
        throw new IllegalStateException(
            "lists of less than 2 GiB can be downloaded, but there are %d keys in %d rows; read them on the GPU"
                .formatted(entries, rows()));
      }
      int count = (int) entries;
      long[] pointers = new long[(int) rows() + 1];
      int[] columns = new int[count];
      float[] weights = new float[count];
      read(rowPointers, pointers.length * Long.BYTES).asLongBuffer().get(pointers);
      if (count > 0) {
        ofEntries.reserve(2L * count * Float.BYTES);
        long columnsAt = ofEntries.address();
        long weightsAt = columnsAt + (long) count * Integer.BYTES;
        list(rowPointers, columnsAt, weightsAt);
        read(columnsAt, count * Integer.BYTES).asIntBuffer().get(columns);
        read(weightsAt, count * Float.BYTES).asFloatBuffer().get(weights);
      }
      return new SparseRows(pointers, columns, weights);
    }
  }

  private ByteBuffer read(long address, int bytes) {
    ByteBuffer into = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    stream.await();
    session.download(address, into);
    return into;
  }

  /** What says which keys were kept. */
  private LaunchArguments mask() {
    return new LaunchArguments()
        .address(scratch.kept())
        .address(seen)
        .address(scratch.positions())
        .address(kept());
  }

  private long kept() {
    return call.inputs().get(SeaInputs.KEPT).address();
  }

  private int[] axes() {
    return SeaStages.axes(size);
  }

  /** The struct of {@code sea_keys.cuh}. */
  private int[] keyRule() {
    return new int[] {
      Float.floatToRawIntBits((float) size.options().oversample()),
      size.options().keyRule() == KeyRule.AT_MOST_K ? 1 : 0
    };
  }

  private int heads() {
    return size.batch() * size.heads();
  }

  private int tiles() {
    return Math.toIntExact((rows() + TILE_ROWS - 1) / TILE_ROWS);
  }

  private Grid aWarpEach() {
    return Grid.of(SeaSize.ceilingOf(size.length(), QUERIES), heads(), 1, QUERIES * WARP);
  }

  private void launch(String kernel, Grid grid, LaunchArguments arguments) {
    session.function(MODULE, kernel).launch(stream, grid, arguments);
  }
}
