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
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The memory of an ND4J array that is dense and in C order.
 *
 * @param array keeps the memory alive
 */
record HostTensor(INDArray array) implements Tensor {

  @Override
  public Shape shape() {
    return Shape.of(array.shape());
  }

  @Override
  public ElementType elementType() {
    return ElementTypes.api(array.dataType());
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
    long size = array.length() * elementType().bytes();
    if (size > Integer.MAX_VALUE) {
      throw new IllegalStateException(
          "a tensor of %d bytes, shape %s, is too large for a buffer; use its address"
              .formatted(size, shape()));
    }
    return new BytePointer(array.data().addressPointer())
        .position(0)
        .limit(size)
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }

  @Override
  public void read(long first, float[] into, int offset, int count) {
    if (elementType() == ElementType.F32) {
      floats(first, count).get(into, offset, count);
    } else {
      DoubleBuffer doubles = doubles(first, count);
      for (int i = 0; i < count; i++) {
        into[offset + i] = (float) doubles.get(i);
      }
    }
  }

  @Override
  public void read(long first, double[] into, int offset, int count) {
    if (elementType() == ElementType.F64) {
      doubles(first, count).get(into, offset, count);
    } else {
      FloatBuffer floats = floats(first, count);
      for (int i = 0; i < count; i++) {
        into[offset + i] = floats.get(i);
      }
    }
  }

  @Override
  public void write(long first, float[] from, int offset, int count) {
    if (elementType() == ElementType.F32) {
      floats(first, count).put(from, offset, count);
    } else {
      DoubleBuffer doubles = doubles(first, count);
      for (int i = 0; i < count; i++) {
        doubles.put(i, from[offset + i]);
      }
    }
  }

  @Override
  public void write(long first, double[] from, int offset, int count) {
    if (elementType() == ElementType.F64) {
      doubles(first, count).put(from, offset, count);
    } else {
      FloatBuffer floats = floats(first, count);
      for (int i = 0; i < count; i++) {
        floats.put(i, (float) from[offset + i]);
      }
    }
  }

  private FloatBuffer floats(long first, int count) {
    return part(first, count, ElementType.F32).asFloatBuffer();
  }

  private DoubleBuffer doubles(long first, int count) {
    return part(first, count, ElementType.F64).asDoubleBuffer();
  }

  private ByteBuffer part(long first, int count, ElementType type) {
    if (elementType() != type) {
      throw new IllegalStateException(
          "numbers of %s cannot be read or written one by one".formatted(elementType()));
    }
    Objects.checkFromIndexSize(first, (long) count, array.length());
    // A pointer's position is cut to 32 bits on the way to a buffer; its address is not.
    return new BytePointer(array.data().addressPointer())
        .getPointer(first * type.bytes())
        .position(0)
        .limit((long) count * type.bytes())
        .asByteBuffer()
        .order(ByteOrder.nativeOrder());
  }
}
