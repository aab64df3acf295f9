package dev.saccade.plugins.baselines;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Some consecutive keys of one head and their values, as doubles and close at hand.
 *
 * <p>Both also lie transposed: a query meets all keys of the tile feature by feature, a loop
 * without a running sum, which the JIT turns into vector instructions.
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
    products(query, keysByFeature, into);
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
    products(x, valuesByFeature, into);
  }

  /** Four features in one pass, which reads and writes {@code into} a quarter as often. */
  private void products(double[] x, double[] byFeature, double[] into) {
    Arrays.fill(into, 0, KEYS, 0);
    int d = 0;
    for (; d + 3 < headSize; d += 4) {
      double x0 = x[d];
      double x1 = x[d + 1];
      double x2 = x[d + 2];
      double x3 = x[d + 3];
      int column = d * KEYS;
      for (int j = 0; j < KEYS; j++) {
        into[j] +=
            x0 * byFeature[column + j]
                + x1 * byFeature[column + KEYS + j]
                + x2 * byFeature[column + 2 * KEYS + j]
                + x3 * byFeature[column + 3 * KEYS + j];
      }
    }
    for (; d < headSize; d++) {
      double x0 = x[d];
      int column = d * KEYS;
      for (int j = 0; j < KEYS; j++) {
        into[j] += x0 * byFeature[column + j];
      }
    }
  }

  /** Adds the values, each times its weight, to {@code sum}. */
  void addValues(double[] weights, double[] sum) {
    addRows(weights, values, sum);
  }

  /** Adds the keys, each times its weight, to {@code sum}. */
  void addKeys(double[] weights, double[] sum) {
    addRows(weights, keys, sum);
  }

  private void addRows(double[] weights, double[] rows, double[] sum) {
    int j = 0;
    for (; j + 3 < count; j += 4) {
      double w0 = weights[j];
      double w1 = weights[j + 1];
      double w2 = weights[j + 2];
      double w3 = weights[j + 3];
      int r0 = j * headSize;
      int r1 = r0 + headSize;
      int r2 = r1 + headSize;
      int r3 = r2 + headSize;
      for (int d = 0; d < headSize; d++) {
        sum[d] += w0 * rows[r0 + d] + w1 * rows[r1 + d] + w2 * rows[r2 + d] + w3 * rows[r3 + d];
      }
    }
    for (; j < count; j++) {
      double w0 = weights[j];
      int r0 = j * headSize;
      for (int d = 0; d < headSize; d++) {
        sum[d] += w0 * rows[r0 + d];
      }
    }
  }
}
