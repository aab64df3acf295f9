package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Block;

/**
 * The columns of a product that fill no vector, one by one, in the order and with the rounding of
 * {@link Products}. Masked vectors, which Java 17 keeps in memory, take ten times as long.
 */
final class NarrowProducts {

  private static final int ROWS = 8;

  private NarrowProducts() {}

  /** Adds the columns of a·b from {@code first} on. */
  static void add(Block a, Block b, Block into, int first) {
    for (int column = first; column < into.columns(); column++) {
      int row = 0;
      for (; row + ROWS <= into.rows(); row += ROWS) {
        eight(a, b, into, row, column);
      }
      for (; row < into.rows(); row++) {
        one(a, b, into, row, column);
      }
    }
  }

  /** Eight sums that do not wait for each other. */
  private static void eight(Block a, Block b, Block into, int row, int column) {
    float[] as = a.data();
    float[] bs = b.data();
    float[] cs = into.data();
    int stride = a.rowStride();
    int cStride = into.rowStride();
    int c = into.at(row, column);
    float c0 = cs[c];
    float c1 = cs[c + cStride];
    float c2 = cs[c + 2 * cStride];
    float c3 = cs[c + 3 * cStride];
    float c4 = cs[c + 4 * cStride];
    float c5 = cs[c + 5 * cStride];
    float c6 = cs[c + 6 * cStride];
    float c7 = cs[c + 7 * cStride];
    int ai = a.at(row, 0);
    int bi = b.at(0, column);
    for (int p = 0; p < a.columns(); p++) {
      float x = bs[bi];
      c0 = Math.fma(as[ai], x, c0);
      c1 = Math.fma(as[ai + stride], x, c1);
      c2 = Math.fma(as[ai + 2 * stride], x, c2);
      c3 = Math.fma(as[ai + 3 * stride], x, c3);
      c4 = Math.fma(as[ai + 4 * stride], x, c4);
      c5 = Math.fma(as[ai + 5 * stride], x, c5);
      c6 = Math.fma(as[ai + 6 * stride], x, c6);
      c7 = Math.fma(as[ai + 7 * stride], x, c7);
      ai += a.columnStride();
      bi += b.rowStride();
    }
    cs[c] = c0;
    cs[c + cStride] = c1;
    cs[c + 2 * cStride] = c2;
    cs[c + 3 * cStride] = c3;
    cs[c + 4 * cStride] = c4;
    cs[c + 5 * cStride] = c5;
    cs[c + 6 * cStride] = c6;
    cs[c + 7 * cStride] = c7;
  }

  private static void one(Block a, Block b, Block into, int row, int column) {
    float sum = into.data()[into.at(row, column)];
    int ai = a.at(row, 0);
    int bi = b.at(0, column);
    for (int p = 0; p < a.columns(); p++) {
      sum = Math.fma(a.data()[ai], b.data()[bi], sum);
      ai += a.columnStride();
      bi += b.rowStride();
    }
    into.data()[into.at(row, column)] = sum;
  }
}
