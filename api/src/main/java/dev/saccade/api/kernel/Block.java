package dev.saccade.api.kernel;

import java.util.Objects;

/**
 * A rectangle of float32 numbers in Java's memory: what kernels compute with, small enough for a
 * core's cache. Number {@code (row, column)} lies at {@code offset + row·rowStride +
 * column·columnStride} of {@code data}.
 *
 * <p>Blocks are views: parts and transposes share the memory.
 */
@SuppressWarnings("ArrayRecordComponent") // a view shares the array, that is its point
public record Block(
    float[] data, int offset, int rows, int columns, int rowStride, int columnStride) {

  public Block {
    boolean empty = rows == 0 || columns == 0;
    if (rows < 0 || columns < 0 || rowStride < 0 || columnStride < 0) {
      throw new IllegalArgumentException(
          "rows, columns and strides must not be negative: rows=%d, columns=%d, rowStride=%d, columnStride=%d"
              .formatted(rows, columns, rowStride, columnStride));
    }
    if (!empty) {
      long last = offset + (long) (rows - 1) * rowStride + (long) (columns - 1) * columnStride;
      Objects.checkIndex(offset, data.length);
      Objects.checkIndex(last, (long) data.length);
    }
  }

  /** A block of zeros, row after row. */
  public static Block of(int rows, int columns) {
    return of(new float[Math.multiplyExact(rows, columns)], rows, columns);
  }

  /** The beginning of {@code data}, row after row. */
  public static Block of(float[] data, int rows, int columns) {
    return new Block(data, 0, rows, columns, columns, 1);
  }

  /** Where a number lies in {@link #data}. */
  public int at(int row, int column) {
    return offset + row * rowStride + column * columnStride;
  }

  /** The rows {@code from} … {@code to} − 1. */
  public Block rows(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    return new Block(data, offset + from * rowStride, to - from, columns, rowStride, columnStride);
  }

  /** The columns {@code from} … {@code to} − 1. */
  public Block columns(int from, int to) {
    Objects.checkFromToIndex(from, to, columns);
    return new Block(data, offset + from * columnStride, rows, to - from, rowStride, columnStride);
  }

  /** Rows as columns. */
  public Block transposed() {
    return new Block(data, offset, columns, rows, columnStride, rowStride);
  }

  /** Whether the numbers of a row lie side by side. */
  public boolean hasDenseRows() {
    return columnStride == 1 || columns <= 1;
  }
}
