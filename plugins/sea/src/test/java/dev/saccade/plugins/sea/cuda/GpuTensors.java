package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.ElementType;
import dev.saccade.api.Shape;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * Tensors as an embedder keeps them on a GPU: each an allocation of its own, so that the fake
 * driver notices who reads beyond one.
 */
public final class GpuTensors implements AutoCloseable {

  private final List<CUdeviceptr> allocated = new ArrayList<>();

  public DeviceTensor of(double[] numbers, Shape shape, ElementType type) {
    DeviceTensor tensor = empty(shape, type);
    ByteBuffer bytes = StoredNumbers.bytes(numbers, type);
    CudaResult.check(
        JCudaDriver.cuMemcpyHtoD(
            DeviceMemory.at(tensor.address()), Pointer.to(bytes), bytes.remaining()),
        "uploading");
    return tensor;
  }

  /** Of undefined content. */
  public DeviceTensor empty(Shape shape, ElementType type) {
    return new DeviceTensor(bytes(DeviceTensor.bytes(shape, type)), shape, type);
  }

  /** Returns an address; no bytes need none. */
  public long bytes(long count) {
    if (count == 0) {
      return 0;
    }
    CUdeviceptr memory = new CUdeviceptr();
    CudaResult.check(JCudaDriver.cuMemAlloc(memory, count), "allocating");
    allocated.add(memory);
    return DeviceMemory.address(memory);
  }

  public static double[] read(DeviceTensor tensor) {
    ByteBuffer bytes = ByteBuffer.allocateDirect((int) tensor.bytes());
    CudaResult.check(
        JCudaDriver.cuMemcpyDtoH(
            Pointer.to(bytes), DeviceMemory.at(tensor.address()), tensor.bytes()),
        "downloading");
    return StoredNumbers.numbers(bytes, tensor.elementType());
  }

  @Override
  public void close() {
    allocated.forEach(JCudaDriver::cuMemFree);
  }
}
