package dev.saccade.plugins.sea.cuda;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** Addresses on a GPU, as numbers and as JCuda wants them. */
final class DeviceMemory {

  private DeviceMemory() {}

  static CUdeviceptr at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  static long address(CUdeviceptr pointer) {
    return new Told(pointer).address();
  }

  /** Asks for a tensor to be filled with zeros. */
  static void clear(DeviceTensor tensor, GpuStream stream) {
    clear(tensor.address(), tensor.bytes(), stream);
  }

  static void clear(long address, long bytes, GpuStream stream) {
    CudaResult.check(
        JCudaDriver.cuMemsetD8Async(at(address), (byte) 0, bytes, stream.stream()),
        "clearing memory");
  }

  /** A {@link Pointer} tells its address to its heirs only. */
  private static final class Told extends Pointer {

    private Told(Pointer pointer) {
      super(pointer);
    }

    private long address() {
      return getNativePointer() + getByteOffset();
    }
  }
}
