package dev.saccade.plugins.sea.cuda;

import dev.saccade.api.Support;
import java.util.List;
import java.util.stream.IntStream;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/**
 * The CUDA driver of this machine.
 *
 * @param support whether it can be used and, if not, why; then there are no GPUs
 * @param version the newest CUDA that it serves: 12040 for 12.4; 0 if it is not known
 * @param gpus what it drives, at least one if it can be used
 */
public record CudaDriver(Support support, int version, List<Gpu> gpus) {

  /** JCuda is built against CUDA 12.0 and calls nothing newer. */
  static final int OLDEST = 12000;

  public CudaDriver {
    gpus = List.copyOf(gpus);
  }

  /** Looks for it. Prints nothing and throws nothing: what is in the way is the answer. */
  public static CudaDriver look() {
    try {
      return ask();
    } catch (GpuException e) {
      return no(0, e.getMessage());
    } catch (LinkageError e) { // UnsatisfiedLinkError first, NoClassDefFoundError ever after
      return new CudaDriver(notLoaded(e), 0, List.of());
    }
  }

  private static CudaDriver ask() {
    JCudaDriver.setExceptionsEnabled(false);
    int[] version = new int[1];
    CudaResult.check(JCudaDriver.cuDriverGetVersion(version), "asking for the driver's version");
    if (version[0] < OLDEST) {
      return no(
          version[0],
          "the NVIDIA driver is too old: it serves CUDA %s, and CUDA %s is needed (driver 525 or newer)"
              .formatted(name(version[0]), name(OLDEST)));
    }
    int code = JCudaDriver.cuInit(0);
    if (code == CUresult.CUDA_ERROR_NO_DEVICE) {
      return noGpu(version[0]);
    }
    CudaResult.check(code, "initialising the driver");
    int[] count = new int[1];
    CudaResult.check(JCudaDriver.cuDeviceGetCount(count), "counting GPUs");
    return count[0] == 0
        ? noGpu(version[0])
        : new CudaDriver(
            Support.yes(), version[0], IntStream.range(0, count[0]).mapToObj(Gpu::at).toList());
  }

  private static CudaDriver noGpu(int version) {
    return no(version, "there is an NVIDIA driver but no GPU that CUDA can use");
  }

  private static CudaDriver no(int version, String reason) {
    return new CudaDriver(Support.no(reason), version, List.of());
  }

  /** Most machines have no driver, and nobody misses it. */
  private static Support notLoaded(LinkageError e) {
    boolean supported =
        System.getProperty("os.name", "").equals("Linux")
            && System.getProperty("os.arch", "").equals("amd64");
    if (!supported) {
      return Support.missing("GPUs are used on Linux on x86-64 only");
    }
    String said = said(e);
    return said.contains("libcuda.so.1")
        ? Support.missing("there is no NVIDIA driver (libcuda.so.1)")
        : Support.no(
            "JCuda's native library does not load: "
                + said.lines().findFirst().orElse(e.getClass().getName()));
  }

  /** With the causes: a second attempt says only by them what the first met. */
  private static String said(Throwable e) {
    Throwable cause = e.getCause();
    return e.getMessage() + (cause == null ? "" : "; " + said(cause));
  }

  private static String name(int version) {
    return "%d.%d".formatted(version / 1000, version % 1000 / 10);
  }
}
