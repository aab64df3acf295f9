package dev.saccade.plugins.sea.cuda;

import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/** A kernel on a GPU, ready to be launched. Valid until its module is unloaded. */
public final class KernelFunction {

  /** What a block may have without asking. */
  private static final int SHARED_UNASKED = 48 * 1024;

  private final String name;
  private final CUfunction function;
  private int sharedBytes = SHARED_UNASKED;

  KernelFunction(String name, CUfunction function) {
    this.name = name;
    this.function = function;
  }

  /**
   * Asks a stream to run it. That it fails while it runs is said by whoever waits for the stream.
   *
   * @throws GpuException if it cannot be launched so
   */
  public void launch(GpuStream stream, Grid grid, LaunchArguments arguments) {
    String doing = "launching kernel " + name;
    if (grid.sharedBytes() > sharedBytes) {
      CudaResult.check(
          JCudaDriver.cuFuncSetAttribute(
              function,
              CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
              grid.sharedBytes()),
          doing + " with %d bytes of shared memory".formatted(grid.sharedBytes()));
      sharedBytes = grid.sharedBytes();
    }
    CudaResult.check(
        JCudaDriver.cuLaunchKernel(
            function,
            grid.x(),
            grid.y(),
            grid.z(),
            grid.threads(),
            1,
            1,
            grid.sharedBytes(),
            stream.stream(),
            arguments.toNative(),
            null),
        doing);
    stream.launched(name);
  }
}
