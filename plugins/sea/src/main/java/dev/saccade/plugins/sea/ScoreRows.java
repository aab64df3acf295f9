package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * The scores of every row of the estimate, or their gradients. Different rows and heads may be read
 * and written by different threads.
 *
 * @param numbers {@code [B, T′, H, M]}
 */
record ScoreRows(SeaSize size, Tensor numbers) {

  static ScoreRows of(KernelCall call, SeaSize size) {
    return new ScoreRows(
        size, call.scratch(Shape.of(size.batch(), size.rows(), size.heads(), size.width())));
  }

  /** Reads rows {@code from} … {@code to} − 1 of all heads. */
  void read(int sequence, int from, int to, float[] into) {
    numbers.read(first(sequence, from, 0), into, 0, (to - from) * row());
  }

  /** Writes rows {@code from} … {@code to} − 1 of all heads, which are rows {@code at} … here. */
  void write(int sequence, int from, int to, float[] rows, int at) {
    numbers.write(first(sequence, from, 0), rows, at * row(), (to - from) * row());
  }

  /** Reads a row of one head. */
  void read(int sequence, int head, int row, double[] into) {
    numbers.read(first(sequence, row, head), into, 0, size.width());
  }

  /** Replaces a row of one head. */
  void write(int sequence, int head, int row, double[] scores) {
    numbers.write(first(sequence, row, head), scores, 0, size.width());
  }

  private long first(int sequence, int row, int head) {
    return ((long) sequence * size.rows() + row) * row() + (long) head * size.width();
  }

  private int row() {
    return size.heads() * size.width();
  }
}
