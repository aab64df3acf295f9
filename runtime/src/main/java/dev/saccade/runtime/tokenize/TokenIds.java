package dev.saccade.runtime.tokenize;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** A growing array of ids. */
final class TokenIds implements IntConsumer {

  private int[] ids = new int[64];
  private int size;

  @Override
  public void accept(int id) {
    makeRoom(1);
    ids[size++] = id;
  }

  void addAll(int[] more) {
    makeRoom(more.length);
    System.arraycopy(more, 0, ids, size, more.length);
    size += more.length;
  }

  private void makeRoom(int count) {
    if (size + count > ids.length) {
      ids = Arrays.copyOf(ids, Math.max(2 * ids.length, size + count));
    }
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return Arrays.copyOf(ids, size);
  }
}
