package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;

/** A tensor in host memory. */
public record HostNumbers(Shape shape, ElementType elementType, ByteBuffer bytes)
    implements Tensor {

  public static HostNumbers of(Shape shape, ElementType type, double[] numbers) {
    return new HostNumbers(shape, type, StoredNumbers.bytes(numbers, type));
  }

  public static HostNumbers empty(Shape shape, ElementType type) {
    return of(shape, type, new double[Math.toIntExact(shape.elements())]);
  }

  public double[] numbers() {
    return StoredNumbers.numbers(bytes, elementType);
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
