package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Block;

/**
 * The columns of a product that fill no vector, one by one: each is a sum along rows. Masked
 * vectors, which Java 17 keeps in memory, take ten times as long.
 */
final class NarrowProducts {

  private NarrowProducts() {}

  /** Adds the columns of a·b from {@code first} on. */
  static void add(Block a, Block b, Block into, int first) {
    float[] column = new float[b.rows()];
    for (int c = first; c < into.columns(); c++) {
      for (int p = 0; p < column.length; p++) {
        column[p] = b.data()[b.at(p, c)];
      }
      for (int row = 0; row < into.rows(); row++) {
        into.data()[into.at(row, c)] +=
            a.hasDenseRows() ? dense(a, row, column) : sparse(a, row, column);
      }
    }
  }

  private static float dense(Block a, int row, float[] column) {
    return Rows.dot(a.data(), a.at(row, 0), column, 0, column.length);
  }

  private static float sparse(Block a, int row, float[] column) {
    float sum = 0;
    int at = a.at(row, 0);
    for (float x : column) {
      sum += a.data()[at] * x;
      at += a.columnStride();
    }
    return sum;
  }
}
