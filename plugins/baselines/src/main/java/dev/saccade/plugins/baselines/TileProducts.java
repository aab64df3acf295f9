package dev.saccade.plugins.baselines;

import java.util.Arrays;

/**
 * Products with a tile of {@value KeyValueCache#TILE} rows of numbers, in float64 and float32.
 *
 * <p>Both are loops without a running sum, which the JIT turns into vector instructions. Four
 * features or rows go in one pass, so that sums are read and written a quarter as often.
 */
final class TileProducts {

  private static final int KEYS = KeyValueCache.TILE;

  private TileProducts() {}

  /**
   * Writes x·row for every row of the tile.
   *
   * @param x {@code [D]}
   * @param byFeature the rows transposed, {@code [D, KEYS]}
   */
  static void products(double[] x, double[] byFeature, double[] into) {
    Arrays.fill(into, 0, KEYS, 0);
    int d = 0;
    for (; d + 3 < x.length; d += 4) {
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
    for (; d < x.length; d++) {
      double x0 = x[d];
      int column = d * KEYS;
      for (int j = 0; j < KEYS; j++) {
        into[j] += x0 * byFeature[column + j];
      }
    }
  }

  /** The same in float32. */
  static void products(float[] x, float[] byFeature, float[] into) {
    Arrays.fill(into, 0, KEYS, 0);
    int d = 0;
    for (; d + 3 < x.length; d += 4) {
      float x0 = x[d];
      float x1 = x[d + 1];
      float x2 = x[d + 2];
      float x3 = x[d + 3];
      int column = d * KEYS;
      for (int j = 0; j < KEYS; j++) {
        into[j] +=
            x0 * byFeature[column + j]
                + x1 * byFeature[column + KEYS + j]
                + x2 * byFeature[column + 2 * KEYS + j]
                + x3 * byFeature[column + 3 * KEYS + j];
      }
    }
    for (; d < x.length; d++) {
      float x0 = x[d];
      int column = d * KEYS;
      for (int j = 0; j < KEYS; j++) {
        into[j] += x0 * byFeature[column + j];
      }
    }
  }

  /**
   * Adds the first {@code count} rows, each times its weight.
   *
   * @param rows {@code [KEYS, D]}
   * @param sum {@code [D]}
   */
  static void addRows(double[] weights, int count, double[] rows, double[] sum) {
    int size = sum.length;
    int j = 0;
    for (; j + 3 < count; j += 4) {
      double w0 = weights[j];
      double w1 = weights[j + 1];
      double w2 = weights[j + 2];
      double w3 = weights[j + 3];
      int r0 = j * size;
      int r1 = r0 + size;
      int r2 = r1 + size;
      int r3 = r2 + size;
      for (int d = 0; d < size; d++) {
        sum[d] += w0 * rows[r0 + d] + w1 * rows[r1 + d] + w2 * rows[r2 + d] + w3 * rows[r3 + d];
      }
    }
    for (; j < count; j++) {
      double w0 = weights[j];
      int r0 = j * size;
      for (int d = 0; d < size; d++) {
        sum[d] += w0 * rows[r0 + d];
      }
    }
  }

  /** The same in float32. */
  static void addRows(double[] weights, int count, float[] rows, float[] sum) {
    int size = sum.length;
    int j = 0;
    for (; j + 3 < count; j += 4) {
      float w0 = (float) weights[j];
      float w1 = (float) weights[j + 1];
      float w2 = (float) weights[j + 2];
      float w3 = (float) weights[j + 3];
      int r0 = j * size;
      int r1 = r0 + size;
      int r2 = r1 + size;
      int r3 = r2 + size;
      for (int d = 0; d < size; d++) {
        sum[d] += w0 * rows[r0 + d] + w1 * rows[r1 + d] + w2 * rows[r2 + d] + w3 * rows[r3 + d];
      }
    }
    for (; j < count; j++) {
      float w0 = (float) weights[j];
      int r0 = j * size;
      for (int d = 0; d < size; d++) {
        sum[d] += w0 * rows[r0 + d];
      }
    }
  }
}
