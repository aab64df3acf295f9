package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * Exact attention of a few queries to all keys that they see, first as scores, then as weights. To
 * use by one thread.
 */
final class AttentionStrip {

  /** Queries of a strip. */
  static final int QUERIES = 32;

  /** Rows are so many numbers longer than keys: rows at powers of two displace each other. */
  private static final int APART = 16;

  /** Far below any score. */
  private static final float HIDDEN = -1e30f;

  private static final float[] UNSHIFTED = new float[QUERIES];

  private final BlockMath blocks;
  private final int stride;
  private final float[] strip; // [queries, keys]
  private final float[] greatest = new float[QUERIES];
  private final float[] ofTile = new float[QUERIES];
  private final float[] shares = new float[QUERIES];
  private final double[] sums = new double[QUERIES];
  private int rows;
  private int[] seen = new int[0];

  AttentionStrip(SeaRun run, KernelCall call) {
    this.blocks = run.blocks();
    this.stride = SeaSize.ceilingOf(run.size().length(), APART) * APART + APART;
    this.strip = call.floats(Math.multiplyExact(QUERIES, stride));
  }

  /**
   * Scores of queries.
   *
   * @param queries scaled, {@code [queries, E]}
   * @param seen how many keys each sees, ascending
   */
  void score(Block queries, RankedKeys keys, int[] seen) {
    this.rows = queries.rows();
    this.seen = seen;
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    Arrays.fill(sums, 0);
    for (int tile = 0; tile < tiles(); tile++) {
      Block scores = tile(tile);
      Block across = keys.across(tile).columns(0, scores.columns());
      blocks.product(queries, across, scores);
      hide(tile, HIDDEN);
      blocks.rowMaxima(scores, greatest);
    }
  }

  private void hide(int tile, float value) {
    Block scores = tile(tile);
    for (int row = 0; row < rows; row++) {
      int visible = Math.max(seen[row] - tile * RankedKeys.TILE, 0);
      if (visible >= scores.columns()) {
        return; // and so does every query after it
      }
      int at = scores.at(row, 0);
      Arrays.fill(strip, at + visible, at + scores.columns(), value);
    }
  }

  /** Counts the scores of a tile from the greatest of each query. */
  void shift(int tile) {
    Block scores = tile(tile);
    for (int row = 0; row < rows; row++) {
      float zero = greatest[row];
      int at = scores.at(row, 0);
      for (int i = at; i < at + scores.columns(); i++) {
        strip[i] -= zero;
      }
    }
  }

  /** Turns the shifted scores of a tile into exponentials. */
  void exponentiate(int tile) {
    Arrays.fill(ofTile, 0);
    blocks.exp(tile(tile), UNSHIFTED, ofTile);
    for (int row = 0; row < rows; row++) {
      sums[row] += ofTile[row];
    }
  }

  /** Turns the exponentials of a tile, when those of all are there, into weights. */
  void normalise(int tile) {
    for (int row = 0; row < rows; row++) {
      shares[row] = (float) (1 / sums[row]);
    }
    blocks.scaleRows(tile(tile), shares);
  }

  /** The sum of the exponentials of a query. */
  double sum(int row) {
    return sums[row];
  }

  /** Tiles up to the last key that a query sees. */
  int tiles() {
    return SeaSize.ceilingOf(seen[rows - 1], RankedKeys.TILE);
  }

  /** {@code [queries, keys]}. */
  Block tile(int tile) {
    int from = tile * RankedKeys.TILE;
    int keys = Math.min(seen[rows - 1] - from, RankedKeys.TILE);
    return new Block(strip, from, rows, keys, stride, 1);
  }

  /** Where the row of a query begins in {@link #numbers}. */
  int row(int row) {
    return row * stride;
  }

  float[] numbers() {
    return strip;
  }
}
