package dev.saccade.runtime.attention;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
}
