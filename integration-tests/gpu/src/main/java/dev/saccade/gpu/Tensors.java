package dev.saccade.gpu;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import dev.saccade.plugins.sea.cuda.DeviceArena;
import dev.saccade.plugins.sea.cuda.DeviceTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Tensors on a GPU, each an allocation of its own, so that memory checkers see their ends. */
final class Tensors implements AutoCloseable {

  /** As many numbers as are drawn where a tensor has more: a prime, so that no two heads agree. */
  private static final int DRAWN = 1_048_573;

  private static final int PIECE = 16 << 20; // numbers that are copied at once
  private static final byte RUBBISH = (byte) 0xFF; // NaN in every type

  private final OpenGpu gpu;
  private final List<DeviceArena> allocated = new ArrayList<>();

  Tensors(OpenGpu gpu) {
    this.gpu = gpu;
  }

  DeviceTensor of(Numbers numbers) {
    DeviceTensor tensor = empty(numbers.shape(), numbers.type());
    double[] values = numbers.values();
    int each = numbers.type().bytes();
    for (int from = 0; from < values.length; from += PIECE) {
      int count = Math.min(PIECE, values.length - from);
      ByteBuffer bytes = buffer(count * each);
      for (int i = 0; i < count; i++) {
        Stored.put(values[from + i], numbers.type(), bytes);
      }
      upload(bytes.flip(), tensor.address() + (long) from * each);
    }
    return tensor;
  }

  /** Full of NaN. */
  DeviceTensor rubbish(Shape shape, ElementType type) {
    DeviceTensor tensor = empty(shape, type);
    Cuda.check(
        JCudaDriver.cuMemsetD8Async(
            Cuda.at(tensor.address()), RUBBISH, tensor.bytes(), gpu.stream()),
        "filling a tensor");
    return tensor;
  }

  /** Of random numbers that repeat after about a million. */
  DeviceTensor random(Shape shape, ElementType type, RandomGenerator random) {
    DeviceTensor tensor = empty(shape, type);
    ByteBuffer bytes = buffer(DRAWN * type.bytes());
    for (int i = 0; i < DRAWN; i++) {
      Stored.put(random.nextGaussian(), type, bytes);
    }
    bytes.flip();
    for (long at = 0; at < tensor.bytes(); at += bytes.capacity()) {
      ByteBuffer piece = bytes.slice(0, (int) Math.min(bytes.capacity(), tensor.bytes() - at));
      upload(piece, tensor.address() + at);
    }
    return tensor;
  }

  private DeviceTensor empty(Shape shape, ElementType type) {
    long count = Math.multiplyExact(shape.elements(), type.bytes());
    return new DeviceTensor(bytes(count), shape, type);
  }

  /** Returns an address; no bytes need none. */
  long bytes(long count) {
    if (count == 0) {
      return 0;
    }
    DeviceArena arena = new DeviceArena();
    arena.reserve(count);
    allocated.add(arena);
    return arena.address();
  }

  /** All that was allocated. */
  long allocatedBytes() {
    return allocated.stream().mapToLong(DeviceArena::bytes).sum();
  }

  double[] read(DeviceTensor tensor) {
    int each = tensor.elementType().bytes();
    double[] values = new double[Math.toIntExact(tensor.shape().elements())];
    for (int from = 0; from < values.length; from += PIECE) {
      int count = Math.min(PIECE, values.length - from);
      ByteBuffer bytes = buffer(count * each);
      Cuda.check(
          JCudaDriver.cuMemcpyDtoHAsync(
              Pointer.to(bytes),
              Cuda.at(tensor.address() + (long) from * each),
              (long) count * each,
              gpu.stream()),
          "downloading");
      gpu.asked().await();
      for (int i = 0; i < count; i++) {
        values[from + i] = Stored.next(tensor.elementType(), bytes);
      }
    }
    return values;
  }

  private void upload(ByteBuffer bytes, long address) {
    Cuda.check(
        JCudaDriver.cuMemcpyHtoDAsync(
            Cuda.at(address), Pointer.to(bytes), bytes.remaining(), gpu.stream()),
        "uploading");
    gpu.asked().await(); // the buffer may go then
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  @Override
  public void close() {
    allocated.forEach(DeviceArena::close);
  }
}
