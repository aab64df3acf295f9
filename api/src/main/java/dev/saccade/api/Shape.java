package dev.saccade.api;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The sizes of a tensor's axes, outermost first.
 *
 * @param axes one size an axis; empty for a scalar
 */
public record Shape(List<Long> axes) {

  public Shape {
    axes = List.copyOf(axes);
    for (long axis : axes) {
      if (axis < 0) {
        throw new IllegalArgumentException(
            "every axis must be at least 0 but the shape is " + axes);
      }
    }
  }

  public static Shape of(long... axes) {
    return new Shape(LongStream.of(axes).boxed().toList());
  }

  public int rank() {
    return axes.size();
  }

  /** The size of one axis, 0 being the outermost. */
  public long axis(int index) {
    return axes.get(index);
  }

  /** How many numbers a tensor of this shape has; 1 for a scalar. */
  public long elements() {
    long product = 1;
    for (long axis : axes) {
      product = Math.multiplyExact(product, axis);
    }
    return product;
  }

  /** A copy that the caller may change. */
  public long[] toArray() {
    return axes.stream().mapToLong(Long::longValue).toArray();
  }

  @Override
  public String toString() {
    return axes.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
  }
}
