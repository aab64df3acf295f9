package dev.saccade.gpu;

import dev.saccade.plugins.sea.cuda.Gpu;
import dev.saccade.plugins.sea.cuda.GpuSession;
import dev.saccade.plugins.sea.cuda.GpuStream;
import java.util.List;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * A GPU while it is used, on the thread that opened it, with a stream of the suite's own: programs
 * are used as embedders use them.
 */
final class OpenGpu implements AutoCloseable {

  /** The compute capabilities that kernels are kept for. */
  private static final List<Integer> VARIANTS = List.of(75, 80);

  private final GpuSession session;
  private final GpuSession.Entered entered;
  private final CUstream stream = new CUstream();
  private final GpuStream asked;

  /**
   * @param variant the newest PTX that may be loaded, 75 for compute_75
   */
  OpenGpu(Gpu gpu, int variant) {
    Gpu pretended =
        new Gpu(
            gpu.ordinal(),
            gpu.name(),
            gpu.memoryBytes(),
            variant,
            gpu.multiprocessors(),
            gpu.sharedMemoryPerBlock());
    session = GpuSession.open(pretended);
    entered = session.enter();
    Cuda.check(
        JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "creating a stream");
    asked = GpuStream.of(stream);
  }

  /** The best that a GPU takes last. */
  static List<Integer> variants(Gpu gpu) {
    return VARIANTS.stream().filter(variant -> variant <= gpu.computeCapability()).toList();
  }

  /** One that loads the best kernels. */
  static OpenGpu best(Gpu gpu) {
    List<Integer> variants = variants(gpu);
    return new OpenGpu(gpu, variants.get(variants.size() - 1));
  }

  GpuSession session() {
    return session;
  }

  /** Which PTX is loaded: 75 for compute_75. */
  int variant() {
    return session.gpu().computeCapability();
  }

  /** What programs ask for their work. */
  GpuStream asked() {
    return asked;
  }

  /** The same as JCuda knows it. */
  CUstream stream() {
    return stream;
  }

  /** Bytes that nobody uses. */
  long freeBytes() {
    long[] free = new long[1];
    Cuda.check(JCudaDriver.cuMemGetInfo(free, new long[1]), "asking for free memory");
    return free[0];
  }

  @Override
  public void close() {
    JCudaDriver.cuStreamDestroy(stream); // nobody could do better if it fails
    entered.close();
    session.close();
  }
}
