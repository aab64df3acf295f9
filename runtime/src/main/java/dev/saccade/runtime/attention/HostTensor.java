package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.runtime.engine.kernel.DenseNumbers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The memory of an ND4J array that is dense and in C order, and kept alive by it. */
final class HostTensor implements Tensor {

  private final INDArray array;
  private final ElementType type;
  private final Optional<DenseNumbers> numbers; // of what is floating point

  HostTensor(INDArray array) {
    this.array = array;
    this.type = ElementTypes.api(array.dataType());
    boolean readable = type == ElementType.F32 || type == ElementType.F64;
    this.numbers = readable ? Optional.of(DenseNumbers.of(array)) : Optional.empty();
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
    long size = array.length() * type.bytes();
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
    numbers().read(first, into, offset, count);
  }

  @Override
  public void read(long first, double[] into, int offset, int count) {
    numbers().read(first, into, offset, count);
  }

  @Override
  public void write(long first, float[] from, int offset, int count) {
    numbers().write(first, from, offset, count);
  }

  @Override
  public void write(long first, double[] from, int offset, int count) {
    numbers().write(first, from, offset, count);
  }

  private DenseNumbers numbers() {
    return numbers.orElseThrow(
        () ->
            new IllegalStateException(
                "numbers of %s cannot be read or written one by one".formatted(type)));
  }
}
