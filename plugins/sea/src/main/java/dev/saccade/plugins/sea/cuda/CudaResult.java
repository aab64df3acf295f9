package dev.saccade.plugins.sea.cuda;

import jcuda.driver.CUresult;

/** What the driver's functions return, made into exceptions. */
final class CudaResult {

  private static final System.Logger LOG = System.getLogger(CudaResult.class.getName());

  private CudaResult() {}

  /**
   * @param code what a function returned
   * @param doing what it was for, such as "allocating 3 MiB"
   */
  static void check(int code, String doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      throw new GpuException(code, doing);
    }
  }

  /** For what frees: nobody could do better if it fails, and the rest must be freed as well. */
  static void note(int code, String doing) {
    if (code != CUresult.CUDA_SUCCESS) {
      LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", doing, CUresult.stringFor(code));
    }
  }
}
