package dev.saccade.runtime.engine.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The numbers of an array of floats or doubles that is dense and in C order, read and written in
 * bulk; counted in that order. Copying a row costs a tenth of a nanosecond a number, ND4J's access
 * to one number forty times that.
 *
 * <p>Buffers end at 2 GiB, so the memory is cut into windows. They are made once: to ask ND4J for
 * an address takes longer than to copy a row. Threads may share it.
 */
public final class DenseNumbers {

  /** Numbers of a window; the last has the rest. */
  private static final int WINDOW = 1 << 27;

  private final long length;
  private final boolean isFloat;
  private final FloatBuffer[] floats; // none of doubles
  private final DoubleBuffer[] doubles; // none of floats

  private DenseNumbers(INDArray array) {
    this.length = array.length();
    this.isFloat = array.dataType() == DataType.FLOAT;
    int windows = Math.toIntExact((length + WINDOW - 1) / WINDOW);
    this.floats = new FloatBuffer[isFloat ? windows : 0];
    this.doubles = new DoubleBuffer[isFloat ? 0 : windows];
    Pointer memory = array.data().addressPointer();
    int width = array.dataType().width();
    for (int i = 0; i < floats.length; i++) {
      floats[i] = window(memory, i, width).asFloatBuffer();
    }
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = window(memory, i, width).asDoubleBuffer();
    }
  }

  private ByteBuffer window(Pointer memory, int window, int width) {
    long first = (long) window * WINDOW;
    long count = Math.min(length - first, WINDOW);
    // A pointer's position is cut to 32 bits on the way to a buffer; its address is not.
    return new BytePointer(memory)
        .getPointer(first * width)
        .position(0)
        .limit(count * width)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  /**
   * Looks at an array's numbers; it must stay open as long as they are read.
   *
   * @throws IllegalArgumentException if the array is neither of floats nor of doubles
   */
  public static DenseNumbers of(INDArray array) {
    if (array.dataType() != DataType.FLOAT && array.dataType() != DataType.DOUBLE) {
      throw new IllegalArgumentException("must be FLOAT or DOUBLE but is " + array.dataType());
    }
    return new DenseNumbers(array);
  }

  /** How many there are. */
  public long length() {
    return length;
  }

  /** Whether they are floats; else they are doubles. */
  public boolean areFloats() {
    return isFloat;
  }

  /** Returns a copy of all; doubles are rounded. */
  public float[] floats() {
    float[] all = new float[Math.toIntExact(length)];
    read(0, all, 0, all.length);
    return all;
  }

  /** Copies {@code count} numbers from {@code first} on; doubles are rounded. */
  public void read(long first, float[] into, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int to = offset + span.after(first);
      if (isFloat) {
        floats[span.window()].get(span.at(), into, to, span.count());
      } else {
        DoubleBuffer window = doubles[span.window()];
        for (int i = 0; i < span.count(); i++) {
          into[to + i] = (float) window.get(span.at() + i);
        }
      }
    }
  }

  /** As above, without rounding. */
  public void read(long first, double[] into, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int to = offset + span.after(first);
      if (!isFloat) {
        doubles[span.window()].get(span.at(), into, to, span.count());
      } else {
        FloatBuffer window = floats[span.window()];
        for (int i = 0; i < span.count(); i++) {
          into[to + i] = window.get(span.at() + i);
        }
      }
    }
  }

  /** Replaces {@code count} numbers from {@code first} on. */
  public void write(long first, float[] from, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int at = offset + span.after(first);
      if (isFloat) {
        floats[span.window()].put(span.at(), from, at, span.count());
      } else {
        DoubleBuffer window = doubles[span.window()];
        for (int i = 0; i < span.count(); i++) {
          window.put(span.at() + i, from[at + i]);
        }
      }
    }
  }

  /** As above; rounded where floats are stored. */
  public void write(long first, double[] from, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int at = offset + span.after(first);
      if (!isFloat) {
        doubles[span.window()].put(span.at(), from, at, span.count());
      } else {
        FloatBuffer window = floats[span.window()];
        for (int i = 0; i < span.count(); i++) {
          window.put(span.at() + i, (float) from[at + i]);
        }
      }
    }
  }

  private Span span(long first, int count) {
    Objects.checkFromIndexSize(first, (long) count, length);
    return Span.of(first, first + count);
  }

  /** Numbers from {@code first} on that lie in one window. */
  private record Span(long first, int count) {

    static Span of(long first, long end) {
      return new Span(first, (int) Math.min(end - first, WINDOW - first % WINDOW));
    }

    Span next(long end) {
      return of(first + count, end);
    }

    int window() {
      return (int) (first / WINDOW);
    }

    int at() {
      return (int) (first % WINDOW);
    }

    int after(long start) {
      return (int) (first - start);
    }
  }
}
