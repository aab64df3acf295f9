package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import java.util.ArrayList;
import java.util.List;

/**
 * The real keys and values of one head so far, in tiles of {@value #ROWS} rows: nothing moves when
 * a text grows, and a copy shares all tiles but for the last, once one of the two writes to it.
 */
final class KeyTiles {

  static final int ROWS = 128;

  private final int size; // D
  private final List<Block> keys; // of tiles [ROWS, D]
  private final List<Block> values; // of tiles [ROWS, D]
  private int rows;
  private boolean lastIsShared;

  KeyTiles(int size) {
    this.size = size;
    this.keys = new ArrayList<>();
    this.values = new ArrayList<>();
  }

  private KeyTiles(KeyTiles original) {
    this.size = original.size;
    this.keys = new ArrayList<>(original.keys);
    this.values = new ArrayList<>(original.values);
    this.rows = original.rows;
    this.lastIsShared = true;
    original.lastIsShared = true;
  }

  KeyTiles copy() {
    return new KeyTiles(this);
  }

  /** Adds a key and its value, which both begin at {@code from}. */
  void add(float[] key, float[] value, int from) {
    int row = rows % ROWS;
    int last = keys.size() - 1;
    if (row == 0) {
      keys.add(Block.of(ROWS, size));
      values.add(Block.of(ROWS, size));
      last++;
    } else if (lastIsShared) {
      keys.set(last, copy(keys.get(last)));
      values.set(last, copy(values.get(last)));
    }
    lastIsShared = false;
    System.arraycopy(key, from, keys.get(last).data(), row * size, size);
    System.arraycopy(value, from, values.get(last).data(), row * size, size);
    rows++;
  }

  private Block copy(Block tile) {
    return Block.of(tile.data().clone(), ROWS, size);
  }

  /** {@code [ROWS, D]}. */
  Block keys(int tile) {
    return keys.get(tile);
  }

  /** {@code [ROWS, D]}. */
  Block values(int tile) {
    return values.get(tile);
  }

  long bytes() {
    return 2L * Float.BYTES * keys.size() * ROWS * size;
  }
}
