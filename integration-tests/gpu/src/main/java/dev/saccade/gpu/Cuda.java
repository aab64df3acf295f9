package dev.saccade.gpu;

import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;

/** What calls of the driver return, and addresses as JCuda wants them. */
final class Cuda {

  private Cuda() {}

  /**
   * @param doing what the call was for
   */
  static void check(int code, String doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new IllegalStateException(
          "%s failed: %s (CUDA error %d)".formatted(doing, CUresult.stringFor(code), code));
    }
  }

  static CUdeviceptr at(long address) {
    return new CUdeviceptr().withByteOffset(address);
  }

  /** An argument of a launch that is an address. */
  static Pointer address(long address) {
    return Pointer.to(new long[] {address});
  }
}
