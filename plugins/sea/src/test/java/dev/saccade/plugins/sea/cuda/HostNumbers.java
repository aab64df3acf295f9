package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;

/** A tensor of float32 in host memory. */
record HostNumbers(Shape shape, ByteBuffer bytes) implements Tensor {

  static HostNumbers of(Shape shape, double[] numbers) {
    return new HostNumbers(shape, StoredNumbers.bytes(numbers, ElementType.F32));
  }

  static HostNumbers empty(Shape shape) {
    return of(shape, new double[Math.toIntExact(shape.elements())]);
  }

  double[] numbers() {
    return StoredNumbers.numbers(bytes, ElementType.F32);
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
    throw new AssertionError("the host's addresses are none of the GPU's business");
  }

  @Override
  public void read(long first, float[] into, int offset, int count) {
    throw new AssertionError("numbers travel as bytes");
  }

  @Override
  public void read(long first, double[] into, int offset, int count) {
    throw new AssertionError("numbers travel as bytes");
  }

  @Override
  public void write(long first, float[] from, int offset, int count) {
    throw new AssertionError("numbers travel as bytes");
  }

  @Override
  public void write(long first, double[] from, int offset, int count) {
    throw new AssertionError("numbers travel as bytes");
  }
}
