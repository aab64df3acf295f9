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

  /** Returns the elements as they are stored. Only of floats. */
  Vectors vectors() {
    if (length > 0 && floats.length == 0) {
      throw new IllegalArgumentException("must be FLOAT but is DOUBLE");
    }
    return new Vectors();
  }

  /** Elements as floats, without rounding. */
  final class Vectors {

    private Vectors() {}

    /** Reads {@code count} elements from {@code start} on to the beginning of {@code into}. */
    void read(long start, float[] into, int count) {
      int done = 0;
      while (done < count) {
        int from = (int) ((start + done) % SEGMENT);
        int now = Math.min(count - done, SEGMENT - from);
        floats[(int) ((start + done) / SEGMENT)].get(from, into, done, now);
        done += now;
      }
    }

    /** Writes the first {@code count} numbers of {@code values} from {@code start} on. */
    void write(long start, float[] values, int count) {
      int done = 0;
      while (done < count) {
        int from = (int) ((start + done) % SEGMENT);
        int now = Math.min(count - done, SEGMENT - from);
        floats[(int) ((start + done) / SEGMENT)].put(from, values, done, now);
        done += now;
      }
    }
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
      int done = 0;
      while (done < count) {
        int segment = (int) ((start + done) / SEGMENT);
        int from = (int) ((start + done) % SEGMENT);
        int now = Math.min(count - done, SEGMENT - from);
        if (floats.length > 0) {
          floats[segment].get(from, narrow, done, now);
        } else {
          doubles[segment].get(from, values, done, now);
        }
        done += now;
      }
      if (floats.length > 0) {
        for (int i = 0; i < count; i++) {
          values[i] = narrow[i];
        }
      }
      return values;
    }

    /** Writes the first {@code count} of {@link #values} from {@code start} on. */
    void write(long start, int count) {
      if (floats.length > 0) {
        for (int i = 0; i < count; i++) {
          narrow[i] = (float) values[i];
        }
      }
      int done = 0;
      while (done < count) {
        int segment = (int) ((start + done) / SEGMENT);
        int from = (int) ((start + done) % SEGMENT);
        int now = Math.min(count - done, SEGMENT - from);
        if (floats.length > 0) {
          floats[segment].put(from, narrow, done, now);
        } else {
          doubles[segment].put(from, values, done, now);
        }
        done += now;
      }
    }
  }
}
