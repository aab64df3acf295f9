package dev.saccade.runtime.engine.op;

import java.util.Arrays;

/** Arithmetic on shapes. */
final class Shapes {

  private Shapes() {}

  static int last(long[] shape) {
    return Math.toIntExact(shape[shape.length - 1]);
  }

  /** Returns the product of the axes from {@code first} to before {@code end}. */
  static long product(long[] shape, int first, int end) {
    long product = 1;
    for (int i = first; i < end; i++) {
      product *= shape[i];
    }
    return product;
  }

  /** Returns how many rows along the last axis there are. */
  static long rows(long[] shape) {
    return product(shape, 0, shape.length - 1);
  }

  /** Returns the axes before the last, and then {@code last}. */
  static long[] withLast(long[] shape, long last) {
    long[] other = shape.clone();
    other[other.length - 1] = last;
    return other;
  }

  /** Returns the axis counted from the start. */
  static int axis(long[] shape, long axis) {
    require(
        axis < shape.length && axis >= -shape.length,
        "x must have the axis %d, its shape".formatted(axis),
        shape);
    return Math.floorMod((int) axis, shape.length);
  }

  static void require(boolean condition, String rule, long[]... shapes) {
    if (!condition) {
      throw new IllegalArgumentException(rule + " but are " + Arrays.deepToString(shapes));
    }
  }
}
