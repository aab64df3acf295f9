package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/** Arithmetic between a block and one number a row or a column. */
final class Spread {

  private Spread() {}

  /** x[row, column] += ofRows[row]·ofColumns[column]. */
  static void addOuter(float[] ofRows, float[] ofColumns, Block x) {
    for (int row = 0; row < x.rows(); row++) {
      float factor = ofRows[row];
      int start = x.at(row, 0);
      for (int column = 0; column < x.columns(); column++) {
        x.data()[start + column] += factor * ofColumns[column];
      }
    }
  }

  /** sums[column] += Σ ofRows[row]·x[row, column]. */
  static void addWeighted(float[] ofRows, Block x, float[] sums) {
    for (int row = 0; row < x.rows(); row++) {
      float factor = ofRows[row];
      int start = x.at(row, 0);
      for (int column = 0; column < x.columns(); column++) {
        sums[column] += factor * x.data()[start + column];
      }
    }
  }

  /** Puts zeros where the column is later than the row. */
  static void hideLater(Block x) {
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      Arrays.fill(x.data(), start + Math.min(row + 1, x.columns()), start + x.columns(), 0);
    }
  }
}
