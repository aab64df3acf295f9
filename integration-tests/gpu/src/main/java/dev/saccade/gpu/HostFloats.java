package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.random.RandomGenerator;

/**
 * A tensor of F32 in host memory, as a runtime hands them to a decoding.
 *
 * @param bytes outside of Java's heap, in native order
 */
record HostFloats(Shape shape, ByteBuffer bytes) implements Tensor {

  static HostFloats empty(Shape shape) {
    int count = Math.toIntExact(shape.elements() * Float.BYTES);
    return new HostFloats(shape, ByteBuffer.allocateDirect(count).order(ByteOrder.nativeOrder()));
  }

  static HostFloats of(Numbers numbers) {
    HostFloats floats = empty(numbers.shape());
    floats.write(0, numbers.values(), 0, numbers.values().length);
    return floats;
  }

  static HostFloats gaussian(Shape shape, RandomGenerator random) {
    HostFloats floats = empty(shape);
    for (int at = 0; at < floats.bytes.capacity(); at += Float.BYTES) {
      floats.bytes.putFloat(at, (float) random.nextGaussian());
    }
    return floats;
  }

  @Override
  public ElementType elementType() {
    return ElementType.F32;
  }

  @Override
  public Device.Kind device() {
    return Device.Kind.CPU;
  }

  @Override
  public long address() {
    throw new IllegalStateException("its bytes can be had, but not where they lie");
  }

  @Override
  public void read(long first, float[] into, int offset, int count) {
    floats().get((int) first, into, offset, count);
  }

  @Override
  public void read(long first, double[] into, int offset, int count) {
    FloatBuffer floats = floats();
    for (int i = 0; i < count; i++) {
      into[offset + i] = floats.get((int) first + i);
    }
  }

  @Override
  public void write(long first, float[] from, int offset, int count) {
    floats().put((int) first, from, offset, count);
  }

  @Override
  public void write(long first, double[] from, int offset, int count) {
    FloatBuffer floats = floats();
    for (int i = 0; i < count; i++) {
      floats.put((int) first + i, (float) from[offset + i]);
    }
  }

  private FloatBuffer floats() {
    return bytes.asFloatBuffer();
  }
}
