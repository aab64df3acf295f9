package dev.saccade.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A tensor's numbers on the Java heap, where tests slice, change and compare them without native
 * memory to free. Every element type of attention is exact in them. Immutable.
 */
public final class TensorValues {

  private final long[] shape;

  /** Row-major. */
  private final double[] values;

  private TensorValues(long[] shape, double[] values) {
    long expected = LongStream.of(shape).reduce(1, Math::multiplyExact);
    if (expected != values.length) {
      throw new IllegalArgumentException(
          "shape %s holds %d numbers, not %d"
              .formatted(Arrays.toString(shape), expected, values.length));
    }
    this.shape = shape;
    this.values = values;
  }

  /** Copies an array, which stays the caller's. */
  public static TensorValues of(INDArray array) {
    INDArray dense = array.dup('c');
    try {
      return new TensorValues(array.shape().clone(), dense.data().asDouble());
    } finally {
      dense.close();
    }
  }

  /** Takes numbers in row-major order. */
  public static TensorValues of(double[] values, long... shape) {
    return new TensorValues(shape.clone(), values.clone());
  }

  static TensorValues filledBy(DoubleSupplier next, long... shape) {
    double[] values = new double[Math.toIntExact(LongStream.of(shape).reduce(1, (a, b) -> a * b))];
    Arrays.setAll(values, i -> next.getAsDouble());
    return new TensorValues(shape.clone(), values);
  }

  /** The sizes of the axes, outermost first. */
  public long[] shape() {
    return shape.clone();
  }

  /** The numbers in row-major order. */
  public double[] toArray() {
    return values.clone();
  }

  int size(int axis) {
    return Math.toIntExact(shape[axis]);
  }

  int length() {
    return values.length;
  }

  double at(int flat) {
    return values[flat];
  }

  /** Where an element is, in the letters of the shape. */
  long[] indexOf(int flat) {
    long[] index = new long[shape.length];
    long rest = flat;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
    }
    return index;
  }

  double greatest() {
    return Arrays.stream(values).map(Math::abs).max().orElse(0);
  }

  /** The greatest difference of two elements; infinite if one of them is NaN. */
  double distance(TensorValues other) {
    double worst = 0;
    for (int i = 0; i < values.length; i++) {
      worst = Math.max(worst, distance(other, i));
    }
    return worst;
  }

  /** The distance of two elements; infinite when one is NaN, or only one infinite. */
  double distance(TensorValues other, int flat) {
    if (values[flat] == other.values[flat]) {
      return 0; // also of two infinities, whose difference is NaN
    }
    double difference = Math.abs(values[flat] - other.values[flat]);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }

  /** The part from {@code from} to before {@code to} along one axis. */
  TensorValues slice(int axis, int from, int to) {
    int inner = (int) LongStream.of(shape).skip(axis + 1L).reduce(1, (a, b) -> a * b);
    int outer = values.length / (inner * size(axis));
    int width = (to - from) * inner;
    double[] part = new double[outer * width];
    for (int i = 0; i < outer; i++) {
      System.arraycopy(values, (i * size(axis) + from) * inner, part, i * width, width);
    }
    long[] partShape = shape.clone();
    partShape[axis] = (long) to - from;
    return new TensorValues(partShape, part);
  }

  /** The parts one after another along one axis. */
  static TensorValues joined(int axis, List<TensorValues> parts) {
    long[] shape = parts.get(0).shape();
    shape[axis] = parts.stream().mapToLong(part -> part.shape[axis]).sum();
    int inner = (int) LongStream.of(shape).skip(axis + 1L).reduce(1, (a, b) -> a * b);
    int width = (int) shape[axis] * inner;
    int outer = (int) LongStream.of(shape).limit(axis).reduce(1, (a, b) -> a * b);
    double[] all = new double[outer * width];
    int offset = 0;
    for (TensorValues part : parts) {
      int partWidth = part.size(axis) * inner;
      for (int i = 0; i < outer; i++) {
        System.arraycopy(part.values, i * partWidth, all, i * width + offset, partWidth);
      }
      offset += partWidth;
    }
    return new TensorValues(shape, all);
  }

  /** The same with the elements at some indices changed. */
  TensorValues changed(Predicate<long[]> where, DoubleUnaryOperator change) {
    double[] other = values.clone();
    for (int i = 0; i < other.length; i++) {
      if (where.test(indexOf(i))) {
        other[i] = change.applyAsDouble(other[i]);
      }
    }
    return new TensorValues(shape, other);
  }

  TensorValues map(DoubleUnaryOperator change) {
    return new TensorValues(shape, Arrays.stream(values).map(change).toArray());
  }

  /** A new array, which the caller closes. */
  INDArray toArray(DataType type) {
    return Nd4j.create(values, shape, type);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorValues that
        && Arrays.equals(shape, that.shape)
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(shape) + Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    return "%s of %d numbers".formatted(Arrays.toString(shape), values.length);
  }
}
