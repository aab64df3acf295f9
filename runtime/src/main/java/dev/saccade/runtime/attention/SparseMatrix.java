package dev.saccade.runtime.attention;

/**
 * A matrix {@code [B, H, T, S]} in compressed sparse rows, numbered in the order B, H, T; on the
 * heap. The arrays are not copied, so do not change them.
 */
public final class SparseMatrix {

  private final int[] rowPointers;
  private final int[] columns;
  private final float[] values;
  private final int keys;

  SparseMatrix(int[] rowPointers, int[] columns, float[] values, int keys) {
    this.rowPointers = rowPointers;
    this.columns = columns;
    this.values = values;
    this.keys = keys;
  }

  /** Where each row begins in the other two, {@code [B·H·T + 1]}. */
  public int[] rowPointers() {
    return rowPointers;
  }

  /** Key positions, ascending within a row, {@code [entries]}. */
  public int[] columns() {
    return columns;
  }

  /** {@code [entries]}. */
  public float[] values() {
    return values;
  }

  /** S. */
  public int keys() {
    return keys;
  }

  /** Row-major, with the zeros. */
  public float[] dense() {
    int rows = rowPointers.length - 1;
    float[] matrix = new float[Math.multiplyExact(rows, keys)];
    for (int row = 0; row < rows; row++) {
      for (int entry = rowPointers[row]; entry < rowPointers[row + 1]; entry++) {
        matrix[row * keys + columns[entry]] = values[entry];
      }
    }
    return matrix;
  }
}
