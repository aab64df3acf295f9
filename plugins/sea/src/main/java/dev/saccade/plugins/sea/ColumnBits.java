package dev.saccade.plugins.sea;

import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelCall;
import java.nio.ByteOrder;
import java.nio.IntBuffer;

/**
 * One bit for every column of every query, from the lowest bit of a query's first word on.
 * Different queries may be read and written by different threads.
 */
final class ColumnBits {

  private final SeaSize size;
  private final IntBuffer words; // [B·H, T, words]

  ColumnBits(KernelCall call, SeaSize size) {
    this.size = size;
    this.words =
        call.scratch(Shape.of((long) size.batch() * size.heads(), size.length(), size.words()))
            .bytes()
            .order(ByteOrder.nativeOrder())
            .asIntBuffer();
  }

  void write(int sequence, int head, int position, int[] of) {
    words.put(query(sequence, head, position), of, 0, size.words());
  }

  void read(int sequence, int head, int position, int[] into) {
    words.get(query(sequence, head, position), into, 0, size.words());
  }

  private int query(int sequence, int head, int position) {
    return ((sequence * size.heads() + head) * size.length() + position) * size.words();
  }
}
