package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.DenseNumbers;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The elements of a dense array in C order, read and written in bulk as doubles.
 *
 * <p>One loop then serves float and double alike, and float results are rounded once, at the end.
 * Threads may share it as long as each has its own {@link Cursor}.
 */
final class Elements {

  private final DenseNumbers numbers;

  private Elements(INDArray array) {
    this.numbers = DenseNumbers.of(array);
  }

  static Elements of(INDArray array) {
    return new Elements(array);
  }

  /** Returns the arithmetic that suits what is stored. */
  Arithmetic arithmetic() {
    return numbers.areFloats() ? Arithmetic.SINGLE : Arithmetic.DOUBLE;
  }

  long length() {
    return numbers.length();
  }

  /** Returns room for {@code count} elements at a time. */
  Cursor cursor(int count) {
    return new Cursor(count);
  }

  /** Reads {@code count} floats from {@code start} on; the array must be of floats. */
  void read(long start, float[] into, int count) {
    numbers.read(start, into, 0, count);
  }

  /** Writes {@code count} floats from {@code start} on; the array must be of floats. */
  void write(long start, float[] from, int count) {
    numbers.write(start, from, 0, count);
  }

  /** Returns room for {@code count} elements as they are stored: an array of floats or doubles. */
  Object room(int count) {
    return numbers.areFloats() ? new float[count] : new double[count];
  }

  /** Reads {@code count} elements from {@code start} on into {@link #room}. */
  void readInto(Object room, long start, int count) {
    readInto(room, 0, start, count);
  }

  /** As above, the first to {@code at}. */
  void readInto(Object room, int at, long start, int count) {
    if (room instanceof float[] narrow) {
      numbers.read(start, narrow, at, count);
    } else {
      numbers.read(start, (double[]) room, at, count);
    }
  }

  /** Writes the first {@code count} elements of {@link #room} from {@code start} on. */
  void writeFrom(Object room, long start, int count) {
    writeFrom(room, 0, start, count);
  }

  /** As above, the first from {@code at}. */
  void writeFrom(Object room, int at, long start, int count) {
    if (room instanceof float[] narrow) {
      numbers.write(start, narrow, at, count);
    } else {
      numbers.write(start, (double[]) room, at, count);
    }
  }

  /** A stretch of elements in Java memory; for one thread. */
  final class Cursor {
    private final double[] values;
    private final float[] narrow;

    private Cursor(int count) {
      this.values = new double[count];
      this.narrow = new float[numbers.areFloats() ? count : 0];
    }

    /** Returns this cursor's memory, to be filled before {@link #write}. */
    double[] values() {
      return values;
    }

    /** Reads {@code count} elements from {@code start} into {@link #values}, and returns that. */
    double[] read(long start, int count) {
      if (numbers.areFloats()) {
        Elements.this.read(start, narrow, count);
        for (int i = 0; i < count; i++) {
          values[i] = narrow[i];
        }
        return values;
      }
      readInto(values, start, count);
      return values;
    }

    /** Writes the first {@code count} of {@link #values} from {@code start} on. */
    void write(long start, int count) {
      if (numbers.areFloats()) {
        for (int i = 0; i < count; i++) {
          narrow[i] = (float) values[i];
        }
        Elements.this.write(start, narrow, count);
        return;
      }
      writeFrom(values, start, count);
    }
  }
}
