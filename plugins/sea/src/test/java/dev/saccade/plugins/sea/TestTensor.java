package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.Device;
import dev.saccade.api.kernel.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Numbers in Java's own memory, as decoding is given them. */
record TestTensor(Shape shape, ElementType elementType, ByteBuffer bytes) implements Tensor {

  static TestTensor zeros(ElementType type, long... shape) {
    Shape axes = Shape.of(shape);
    int size = Math.toIntExact(axes.elements() * type.bytes());
    return new TestTensor(
        axes, type, ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder()));
  }

  static TestTensor of(ElementType type, INDArray array) {
    TestTensor tensor = zeros(type, array.shape());
    Numbers.write(array.dup('c').data().asDouble(), tensor);
    return tensor;
  }

  INDArray toArray() {
    return Nd4j.createFromArray(Numbers.read(this)).reshape(shape.toArray());
  }

  @Override
  public Device.Kind device() {
    return Device.Kind.CPU;
  }

  @Override
  public long address() {
    throw new IllegalStateException("a test's tensor has bytes, not an address");
  }

  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.nativeOrder());
  }
}
