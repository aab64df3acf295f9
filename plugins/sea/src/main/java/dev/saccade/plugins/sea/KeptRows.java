package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;

/** The rows of {@link KeyTiles} that one query attends to. To use by one thread. */
final class KeptRows {

  private final BlockMath math;
  private final float[] greatest = new float[1];
  private final float[] sum = new float[1];
  private int[] tiles = new int[KeyTiles.ROWS]; // of every kept row; all three grow
  private int[] inTile = new int[KeyTiles.ROWS];
  private float[] weights = new float[KeyTiles.ROWS];
  private int count;

  KeptRows(BlockMath math) {
    this.math = math;
  }

  void clear() {
    count = 0;
  }

  /**
   * Adds the keys of the ranks {@code from} … {@code to} − 1 but for those that are thinned out.
   */
  void add(SeenKeys seen, DecodedKeys real, int from, int to) {
    int most = count + to - from;
    if (most > tiles.length) {
      tiles = Arrays.copyOf(tiles, 2 * most);
      inTile = Arrays.copyOf(inTile, 2 * most);
      weights = new float[2 * most];
    }
    boolean all = seen.allRemain();
    for (int rank = from; rank < to; rank++) {
      if (all || seen.remains(rank, real.position(rank))) {
        tiles[count] = (rank - 1) / KeyTiles.ROWS;
        inTile[count++] = (rank - 1) % KeyTiles.ROWS;
      }
    }
  }

  /**
   * Adds the values up, by the exponentials of their keys' scores.
   *
   * @param query scaled, {@code [D]}
   * @param mixed {@code [D]}, written
   * @return what the sum is to be multiplied by for exponentials to sum to one; 0 without keys
   */
  float attend(KeyTiles cache, float[] query, float[] mixed) {
    Arrays.fill(mixed, 0);
    if (count == 0) {
      return 0;
    }
    for (int from = 0, to; from < count; from = to) {
      to = endOfTile(from);
      Block keys = cache.keys(tiles[from]);
      math.gatherProducts(query, 0, keys, inTile, from, to, weights, from);
    }
    Block row = new Block(weights, 0, 1, count, count, 1);
    greatest[0] = Float.NEGATIVE_INFINITY;
    sum[0] = 0;
    math.rowMaxima(row, greatest);
    math.exp(row, greatest, sum);
    for (int from = 0, to; from < count; from = to) {
      to = endOfTile(from);
      Block values = cache.values(tiles[from]);
      math.addGathered(weights, from, values, inTile, from, to, mixed, 0);
    }
    return 1 / sum[0];
  }

  private int endOfTile(int from) {
    int to = from + 1;
    while (to < count && tiles[to] == tiles[from]) {
      to++;
    }
    return to;
  }
}
