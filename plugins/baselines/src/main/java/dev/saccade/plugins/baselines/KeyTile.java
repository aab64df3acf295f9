package dev.saccade.plugins.baselines;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Some consecutive keys of one head and their values, as doubles and close at hand.
 *
 * <p>Both also lie transposed, as {@link TileProducts} likes them.
 */
final class KeyTile {

  /** C, the most keys of a tile. */
  static final int KEYS = 64;

  private final int headSize;
  private final boolean causal;
  private final double[] keys; // [C, D]
  private final double[] values; // [C, D]
  private final double[] keysByFeature; // [D, C]
  private final double[] valuesByFeature; // [D, C]
  private final double[] real = new double[KEYS];
  private int from;
  private int count;

  /**
   * @param headSize D
   * @param causal whether a key after the query is hidden
   */
  KeyTile(int headSize, boolean causal) {
    this.headSize = headSize;
    this.causal = causal;
    this.keys = new double[KEYS * headSize];
    this.values = new double[KEYS * headSize];
    this.keysByFeature = new double[KEYS * headSize];
    this.valuesByFeature = new double[KEYS * headSize];
  }

  /**
   * Takes the keys at positions {@code from} … {@code to} − 1.
   *
   * @param keyNumbers {@code [B·K, S, D]}
   * @param valueNumbers of the same shape
   * @param realNumbers {@code [B, S]}, zero for a hidden key; null if none is
   * @param head of B·K
   */
  void load(
      FlashSize size,
      Numbers keyNumbers,
      Numbers valueNumbers,
      @Nullable Numbers realNumbers,
      int head,
      int from,
      int to) {
    this.from = from;
    this.count = to - from;
    long row = (long) head * size.keys() + from;
    keyNumbers.read(row * headSize, keys, count * headSize);
    valueNumbers.read(row * headSize, values, count * headSize);
    transpose(keys, keysByFeature);
    transpose(values, valuesByFeature);
    if (realNumbers == null) {
      Arrays.fill(real, 1);
    } else {
      long sequence = head / size.kvHeads();
      realNumbers.read(sequence * size.keys() + from, real, count);
    }
  }

  private void transpose(double[] rows, double[] columns) {
    for (int j = 0; j < count; j++) {
      for (int d = 0; d < headSize; d++) {
        columns[d * KEYS + j] = rows[j * headSize + d];
      }
    }
  }

  /** How many keys it holds. */
  int count() {
    return count;
  }

  /**
   * Writes q·k for every key, −∞ for those that the query does not see.
   *
   * @param position of the query
   * @return the greatest
   */
  double logits(double[] query, int position, double[] into) {
    TileProducts.products(query, keysByFeature, into);
    double greatest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      if (real[j] == 0 || (causal && from + j > position)) {
        into[j] = Double.NEGATIVE_INFINITY;
      }
      greatest = Math.max(greatest, into[j]); // NaN stays, to be seen in the result
    }
    return greatest;
  }

  /** Writes x·v for every value. */
  void timesValues(double[] x, double[] into) {
    TileProducts.products(x, valuesByFeature, into);
  }

  /** Adds the values, each times its weight, to {@code sum}. */
  void addValues(double[] weights, double[] sum) {
    TileProducts.addRows(weights, count, values, sum);
  }

  /** Adds the keys, each times its weight, to {@code sum}. */
  void addKeys(double[] weights, double[] sum) {
    TileProducts.addRows(weights, count, keys, sum);
  }
}
