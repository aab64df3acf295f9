package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The memory of an ND4J array that is dense and in C order, and kept alive by it.
 *
 * <p>Buffers end at 2 GiB, so the memory is cut into windows. They are made once: to ask ND4J for
 * an address takes longer than to copy a row.
 */
final class HostTensor implements Tensor {

  /** Numbers of a window; the last has the rest. */
  private static final int WINDOW = 1 << 27;

  private final INDArray array;
  private final ElementType type;
  private final long length;
  private final FloatBuffer[] floats; // none of doubles
  private final DoubleBuffer[] doubles; // none of floats

  HostTensor(INDArray array) {
    this.array = array;
    this.type = ElementTypes.api(array.dataType());
    this.length = array.length();
    int windows = Math.toIntExact((length + WINDOW - 1) / WINDOW);
    this.floats = new FloatBuffer[type == ElementType.F32 ? windows : 0];
    this.doubles = new DoubleBuffer[type == ElementType.F64 ? windows : 0];
    Pointer memory = array.data().addressPointer();
    for (int i = 0; i < floats.length; i++) {
      floats[i] = window(memory, i).asFloatBuffer();
    }
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = window(memory, i).asDoubleBuffer();
    }
  }

  private ByteBuffer window(Pointer memory, int window) {
    long first = (long) window * WINDOW;
    return buffer(memory, first, Math.min(length - first, WINDOW));
  }

  /** A pointer's position is cut to 32 bits on the way to a buffer; its address is not. */
  private ByteBuffer buffer(Pointer memory, long first, long count) {
    return new BytePointer(memory)
        .getPointer(first * type.bytes())
        .position(0)
        .limit(count * type.bytes())
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  INDArray array() {
    return array;
  }

  @Override
  public Shape shape() {
    return Shape.of(array.shape());
  }

  @Override
  public ElementType elementType() {
    return type;
  }

  @Override
  public Device.Kind device() {
    return Device.Kind.CPU;
  }

  @Override
  public long address() {
    return array.data().address();
  }

  @Override
  public ByteBuffer bytes() {
    long size = length * type.bytes();
    if (size > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "a tensor of %d bytes, shape %s, is too large for a buffer; use its address"
              .formatted(size, shape()));
    }
    return buffer(array.data().addressPointer(), 0, length);
  }

  @Override
  public void read(long first, float[] into, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int to = offset + span.after(first);
      if (type == ElementType.F32) {
        floats[span.window()].get(span.at(), into, to, span.count());
      } else {
        DoubleBuffer window = doubles[span.window()];
        for (int i = 0; i < span.count(); i++) {
          into[to + i] = (float) window.get(span.at() + i);
        }
      }
    }
  }

  @Override
  public void read(long first, double[] into, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int to = offset + span.after(first);
      if (type == ElementType.F64) {
        doubles[span.window()].get(span.at(), into, to, span.count());
      } else {
        FloatBuffer window = floats[span.window()];
        for (int i = 0; i < span.count(); i++) {
          into[to + i] = window.get(span.at() + i);
        }
      }
    }
  }

  @Override
  public void write(long first, float[] from, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int at = offset + span.after(first);
      if (type == ElementType.F32) {
        floats[span.window()].put(span.at(), from, at, span.count());
      } else {
        DoubleBuffer window = doubles[span.window()];
        for (int i = 0; i < span.count(); i++) {
          window.put(span.at() + i, from[at + i]);
        }
      }
    }
  }

  @Override
  public void write(long first, double[] from, int offset, int count) {
    for (Span span = span(first, count); span.count() > 0; span = span.next(first + count)) {
      int at = offset + span.after(first);
      if (type == ElementType.F64) {
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
    if (type != ElementType.F32 && type != ElementType.F64) {
      throw new IllegalStateException(
          "numbers of %s cannot be read or written one by one".formatted(type));
    }
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
