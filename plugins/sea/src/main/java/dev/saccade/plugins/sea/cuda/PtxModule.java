package dev.saccade.plugins.sea.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/**
 * The kernels of one {@code .cu} file on a GPU. They are kept as PTX, which the driver compiles for
 * its GPU when it loads them and remembers.
 */
final class PtxModule implements AutoCloseable {

  /** The compute capabilities that PTX may be kept for, best first; newer GPUs take it too. */
  static final List<Integer> VARIANTS = List.of(80, 75);

  private final CUmodule module = new CUmodule();
  private final Map<String, KernelFunction> functions = new HashMap<>();

  /**
   * @param name of the {@code .cu} file, without its ending
   */
  PtxModule(Gpu gpu, String name) {
    byte[] ptx = read(resource(gpu, name));
    CudaResult.check(
        JCudaDriver.cuModuleLoadData(module, Arrays.copyOf(ptx, ptx.length + 1)), // ends with 0
        "loading the kernels of %s.cu".formatted(name));
  }

  /**
   * Says which PTX a GPU takes: the best that is kept and that it understands.
   *
   * @throws IllegalArgumentException if there is none
   */
  static URL resource(Gpu gpu, String name) {
    return VARIANTS.stream()
        .filter(variant -> variant <= gpu.computeCapability())
        .map(variant -> PtxModule.class.getResource("%s.compute_%d.ptx".formatted(name, variant)))
        .filter(Objects::nonNull)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there are no kernels %s for %s".formatted(name, gpu)));
  }

  private static byte[] read(URL resource) {
    try (InputStream in = resource.openStream()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("the kernels in %s cannot be read".formatted(resource), e);
    }
  }

  KernelFunction function(String name) {
    return functions.computeIfAbsent(name, this::find);
  }

  private KernelFunction find(String name) {
    CUfunction function = new CUfunction();
    CudaResult.check(
        JCudaDriver.cuModuleGetFunction(function, module, name), "looking for kernel " + name);
    return new KernelFunction(name, function);
  }

  @Override
  public void close() {
    CudaResult.note(JCudaDriver.cuModuleUnload(module), "unloading kernels");
  }
}
