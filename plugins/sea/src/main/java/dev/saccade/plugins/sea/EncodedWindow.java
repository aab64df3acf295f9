package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;

/**
 * The estimate of one window of rows, made anew whenever somebody needs it. To use by one thread.
 */
final class EncodedWindow {

  private final SeaSize size;
  private final Windows windows;
  private final SeaMath math;
  private final RoughRows rough;
  private final EncodedBlock encoded;
  private final PaintedWindow painted;
  private final float[] scores; // [rows·H, M]

  /**
   * @param most pairs of rows at once
   */
  EncodedWindow(SeaRun run, KernelCall call, AroundWeights weights, RoughTotals totals, int most) {
    this.size = run.size();
    this.windows = Windows.of(size);
    this.math = SeaMath.of(call::floats, run.blocks(), size);
    this.rough = new RoughRows(run, call, totals, math);
    this.encoded = new EncodedBlock(run, call, math);
    this.painted = new PaintedWindow(run, call, weights, most);
    this.scores = call.floats(size.blockRows() * size.heads() * size.width());
  }

  /** Takes the gates of the rows of a block. */
  interface GatesOf {

    /**
     * Takes those of rows {@code from} … {@code to} − 1.
     *
     * @param gates {@code [rows·H, 2]}
     */
    void take(int from, int to, float[] gates);
  }

  /** Paints the rows of some pairs. */
  void paint(int sequence, int firstPair, int endPair, GatesOf gates) {
    painted.begin(firstPair, endPair);
    for (int from = painted.firstRow(); from < painted.endRow(); from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), painted.endRow());
      encode(sequence, from, to);
      painted.put(from, to - from, encoded.strips(to - from));
      gates.take(from, to, encoded.gates(to - from));
    }
    painted.paint();
  }

  /** Computes and encodes the rough contexts of a block of rows. */
  void encode(int sequence, int from, int to) {
    int rows = to - from;
    for (int head = 0; head < size.heads(); head++) {
      int ofBatch = sequence * size.heads() + head;
      rough.mix(ofBatch, from, to, encoded.context(head, rows));
      rough.values(ofBatch, from, to, encoded.values(head, rows));
    }
    encoded.encode(rows);
  }

  /** The estimate of a block of painted rows, {@code [rows·H, M]}, until the next. */
  Block estimate(int from, int to) {
    Block estimate = scores(from, to);
    math.softmax(estimate);
    return estimate;
  }

  /** What {@link #estimate} is the softmax of, in its place. */
  Block scores(int from, int to) {
    Block block = Block.of(scores, (to - from) * size.heads(), size.width());
    painted.stretch(from, to, block);
    return block;
  }

  PaintedWindow painted() {
    return painted;
  }

  EncodedBlock encoded() {
    return encoded;
  }

  SeaMath math() {
    return math;
  }

  Windows windows() {
    return windows;
  }
}
