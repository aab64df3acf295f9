package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Block;

/** Copying blocks of any strides. */
final class Copies {

  /** A square of this side fits the cache, whichever way it is walked. */
  private static final int SIDE = 16;

  private Copies() {}

  static void copy(Block a, Block into) {
    Fitting.requireSameSize(a, into);
    if (a.hasDenseRows() && into.hasDenseRows()) {
      for (int row = 0; row < a.rows(); row++) {
        System.arraycopy(a.data(), a.at(row, 0), into.data(), into.at(row, 0), a.columns());
      }
      return;
    }
    for (int row = 0; row < a.rows(); row += SIDE) {
      int rows = Math.min(row + SIDE, a.rows());
      for (int column = 0; column < a.columns(); column += SIDE) {
        square(a, into, row, rows, column, Math.min(column + SIDE, a.columns()));
      }
    }
  }

  private static void square(
      Block a, Block into, int fromRow, int toRow, int fromColumn, int toColumn) {
    for (int row = fromRow; row < toRow; row++) {
      int from = a.at(row, fromColumn);
      int to = into.at(row, fromColumn);
      for (int column = fromColumn; column < toColumn; column++) {
        into.data()[to] = a.data()[from];
        from += a.columnStride();
        to += into.columnStride();
      }
    }
  }
}
