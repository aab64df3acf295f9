package dev.saccade.runtime.weights;

import java.util.Arrays;
import java.util.function.Supplier;

/** A tensor in a file: its shape is known, its values are read when asked for, row by row. */
final class StoredTensor {

  private final long[] shape;
  private final Supplier<float[]> values;

  StoredTensor(long[] shape, Supplier<float[]> values) {
    this.shape = shape.clone();
    this.values = values;
  }

  long[] shape() {
    return shape.clone();
  }

  float[] values() {
    return values.get();
  }

  /** Returns the matrix with rows and columns exchanged; what is no matrix stays as it is. */
  StoredTensor transposed() {
    if (shape.length != 2) {
      return this;
    }
    return new StoredTensor(
        new long[] {shape[1], shape[0]},
        () -> {
          int rows = (int) shape[0];
          int columns = (int) shape[1];
          float[] from = values();
          float[] to = new float[from.length];
          for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
              to[column * rows + row] = from[row * columns + column];
            }
          }
          return to;
        });
  }

  @Override
  public String toString() {
    return Arrays.toString(shape);
  }
}
