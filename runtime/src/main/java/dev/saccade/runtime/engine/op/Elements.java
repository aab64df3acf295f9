package dev.saccade.runtime.engine.op;

import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The elements of a dense array in C order, read and written in bulk as doubles.
 *
 * <p>One loop then serves float and double alike, and float results are rounded once, at the end.
 * Copying a row costs a tenth of a nanosecond an element; ND4J's element access costs forty times
 * that. Threads may share it as long as each has its own {@link Cursor}.
 */
final class Elements {

  /** Direct buffers count bytes in an int; this many doubles stay well below. */
  private static final int SEGMENT = 1 << 27;

  private final long length;
  private final FloatBuffer[] floats;
  private final DoubleBuffer[] doubles;

  private Elements(INDArray array) {
    this.length = array.length();
    int segments = Math.toIntExact((length + SEGMENT - 1) / SEGMENT);
    boolean isFloat = array.dataType() == DataType.FLOAT;
    if (!isFloat && array.dataType() != DataType.DOUBLE) {
      throw new IllegalArgumentException("must be FLOAT or DOUBLE but is " + array.dataType());
    }
    this.floats = new FloatBuffer[isFloat ? segments : 0];
    this.doubles = new DoubleBuffer[isFloat ? 0 : segments];
    int width = array.dataType().width();
    for (int i = 0; i < segments; i++) {
      long start = (long) i * SEGMENT;
      long end = Math.min(length, start + SEGMENT);
      // A pointer's position is cut to 32 bits on the way to a buffer; its address is not.
      BytePointer memory = new BytePointer(array.data().pointer()).getPointer(start * width);
      ByteBuffer bytes = memory.position(0).limit((end - start) * width).asByteBuffer();
      if (isFloat) {
        floats[i] = bytes.asFloatBuffer();
      } else {
        doubles[i] = bytes.asDoubleBuffer();
      }
    }
  }

  static Elements of(INDArray array) {
    return new Elements(array);
  }

  /** Returns the arithmetic that suits what is stored. */
  Arithmetic arithmetic() {
    return floats.length > 0 ? Arithmetic.SINGLE : Arithmetic.DOUBLE;
  }

  long length() {
    return length;
  }

  /** Returns room for {@code count} elements at a time. */
  Cursor cursor(int count) {
    return new Cursor(count);
  }

  /** Reads {@code count} floats from {@code start} on; the array must be of floats. */
  void read(long start, float[] into, int count) {
    int done = 0;
    while (done < count) {
      int from = (int) ((start + done) % SEGMENT);
      int now = Math.min(count - done, SEGMENT - from);
      floats[segment(start + done)].get(from, into, done, now);
      done += now;
    }
  }

  /** Writes {@code count} floats from {@code start} on; the array must be of floats. */
  void write(long start, float[] from, int count) {
    int done = 0;
    while (done < count) {
      int to = (int) ((start + done) % SEGMENT);
      int now = Math.min(count - done, SEGMENT - to);
      floats[segment(start + done)].put(to, from, done, now);
      done += now;
    }
  }

  /** Returns room for {@code count} elements as they are stored: an array of floats or doubles. */
  Object room(int count) {
    return floats.length > 0 ? new float[count] : new double[count];
  }

  /** Reads {@code count} elements from {@code start} on into {@link #room}. */
  void readInto(Object room, long start, int count) {
    if (room instanceof float[] narrow) {
      read(start, narrow, count);
      return;
    }
    int done = 0;
    while (done < count) {
      int from = (int) ((start + done) % SEGMENT);
      int now = Math.min(count - done, SEGMENT - from);
      doubles[segment(start + done)].get(from, (double[]) room, done, now);
      done += now;
    }
  }

  /** Writes the first {@code count} elements of {@link #room} from {@code start} on. */
  void writeFrom(Object room, long start, int count) {
    if (room instanceof float[] narrow) {
      write(start, narrow, count);
      return;
    }
    int done = 0;
    while (done < count) {
      int to = (int) ((start + done) % SEGMENT);
      int now = Math.min(count - done, SEGMENT - to);
      doubles[segment(start + done)].put(to, (double[]) room, done, now);
      done += now;
    }
  }

  private static int segment(long index) {
    return (int) (index / SEGMENT);
  }

  /** A stretch of elements in Java memory; for one thread. */
  final class Cursor {
    private final double[] values;
    private final float[] narrow;

    private Cursor(int count) {
      this.values = new double[count];
      this.narrow = new float[floats.length > 0 ? count : 0];
    }

    /** Returns this cursor's memory, to be filled before {@link #write}. */
    double[] values() {
      return values;
    }

    /** Reads {@code count} elements from {@code start} into {@link #values}, and returns that. */
    double[] read(long start, int count) {
      if (floats.length > 0) {
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
      if (floats.length > 0) {
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
