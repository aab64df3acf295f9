package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * What is known of the estimate once it is gone: which columns every query keeps, one bit each, and
 * the two gates of every row. Different queries may be read and written by different threads.
 */
final class KeptBits {

  private final SeaSize size;
  private final ColumnBits columns;
  private final Tensor gates; // [B·H, T′, 2]

  KeptBits(KernelCall call, SeaSize size) {
    long heads = (long) size.batch() * size.heads();
    this.size = size;
    this.columns = new ColumnBits(call, size);
    this.gates = call.scratch(Shape.of(heads, size.rows(), 2));
  }

  void writeColumns(int sequence, int head, int position, int[] words) {
    columns.write(sequence, head, position, words);
  }

  /** Reads one bit a column, from the lowest bit of the first word on. */
  void readColumns(int sequence, int head, int position, int[] words) {
    columns.read(sequence, head, position, words);
  }

  void writeGates(int sequence, int head, int row, float[] from, int offset) {
    gates.write(row(sequence, head, row), from, offset, 2);
  }

  /** Reads the gate of the sparse attention, and its part in the mixture. */
  void readGates(int sequence, int head, int row, float[] into) {
    gates.read(row(sequence, head, row), into, 0, 2);
  }

  private long row(int sequence, int head, int row) {
    return 2 * (((long) sequence * size.heads() + head) * size.rows() + row);
  }
}
