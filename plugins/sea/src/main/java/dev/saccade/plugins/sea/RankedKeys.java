package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * The real keys of one head without those that are padding: then a query sees the first so many of
 * them, wherever the padding is. Some at a time make a tile. To use by one thread.
 */
final class RankedKeys {

  /** Keys of a tile. */
  static final int TILE = 128;

  private final BlockMath blocks;
  private final RealKeys real;
  private final Tensor key; // [B, K, S, E]
  private final int heads; // H/K that share a key head
  private final int length;
  private final int width;
  private final float[] rows; // [S, E]
  private final float[] across; // [E, TILE] a tile
  private int count;

  RankedKeys(SeaRun run, KernelCall call, Tensor key) {
    this.blocks = run.blocks();
    this.real = run.real();
    this.key = key;
    this.heads = (int) (run.size().heads() / key.shape().axis(1));
    this.length = run.size().length();
    this.width = (int) key.shape().axis(3);
    this.rows = call.floats(length * width);
    this.across = call.floats(SeaSize.ceilingOf(length, TILE) * TILE * width);
  }

  /** Reads the keys that a head of H attends to. */
  void load(int sequence, int head) {
    long first = ((long) sequence * key.shape().axis(1) + head / heads) * length;
    count = real.rank(sequence, length - 1);
    if (count == length) {
      key.read(first * width, rows, 0, count * width);
    } else {
      for (int i = 0; i < count; i++) {
        key.read((first + real.position(sequence, i + 1)) * width, rows, i * width, width);
      }
    }
    for (int tile = 0; tile * TILE < count; tile++) {
      blocks.copy(rows(tile).transposed(), across(tile));
    }
  }

  /** How many there are. */
  int count() {
    return count;
  }

  /** E. */
  int width() {
    return width;
  }

  /** {@code [keys, E]}. */
  Block rows(int tile) {
    return tile(rows, tile);
  }

  /** {@code [E, keys]}. */
  Block across(int tile) {
    int keys = keys(tile);
    return new Block(across, tile * TILE * width, width, keys, keys, 1);
  }

  /** The vectors of a tile among those of all keys, {@code [keys, E]}. */
  Block tile(float[] vectors, int tile) {
    return new Block(vectors, tile * TILE * width, keys(tile), width, width, 1);
  }

  private int keys(int tile) {
    return Math.min(count - tile * TILE, TILE);
  }
}
