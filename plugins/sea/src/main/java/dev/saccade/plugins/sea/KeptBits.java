package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * What is known of the estimate once it is gone: which columns every query keeps, one bit each, and
 * the two gates of every row. Different queries may be read and written by different threads.
 */
final class KeptBits {

  private final SeaSize size;
  private final IntBuffer columns; // [B·H, T, words]
  private final Tensor gates; // [B·H, T′, 2]

  KeptBits(KernelCall call, SeaSize size) {
    long heads = (long) size.batch() * size.heads();
    this.size = size;
    this.columns =
        call.scratch(Shape.of(heads, size.length(), size.words()))
            .bytes()
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
    this.gates = call.scratch(Shape.of(heads, size.rows(), 2));
  }

  void writeColumns(int sequence, int head, int position, int[] words) {
    columns.put(query(sequence, head, position), words, 0, size.words());
  }

  /** Reads one bit a column, from the lowest bit of the first word on. */
  void readColumns(int sequence, int head, int position, int[] words) {
    columns.get(query(sequence, head, position), words, 0, size.words());
  }

  private int query(int sequence, int head, int position) {
    return ((sequence * size.heads() + head) * size.length() + position) * size.words();
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
