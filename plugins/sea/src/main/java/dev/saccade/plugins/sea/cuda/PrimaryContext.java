package dev.saccade.plugins.sea.cuda;

import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.JCudaDriver;

/**
 * This program's share in a GPU: the context that all libraries of one process have in common, so
 * that what one allocates another can read.
 */
final class PrimaryContext implements AutoCloseable {

  /** Makes the context current on the calling thread until it is closed, on the same thread. */
  interface Entered extends AutoCloseable {
    @Override
    void close();
  }

  private final CUdevice device;
  private final CUcontext context = new CUcontext();

  PrimaryContext(Gpu gpu) {
    this.device = gpu.device();
    CudaResult.check(
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "opening " + gpu.name());
  }

  /** What was current before, of another library say, is so again afterwards. */
  Entered enter() {
    CudaResult.check(JCudaDriver.cuCtxPushCurrent(context), "turning to the GPU");
    return () ->
        CudaResult.note(JCudaDriver.cuCtxPopCurrent(new CUcontext()), "leaving the GPU's context");
  }

  @Override
  public void close() {
    CudaResult.note(JCudaDriver.cuDevicePrimaryCtxRelease(device), "releasing the GPU");
  }
}
