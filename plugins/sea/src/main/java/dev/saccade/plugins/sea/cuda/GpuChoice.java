package dev.saccade.plugins.sea.cuda;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which of a machine's GPUs is used.
 *
 * @param gpu empty if what was asked for is not there
 * @param reasons why not
 */
record GpuChoice(Optional<Gpu> gpu, List<String> reasons) {

  /**
   * @param ordinal as a user wrote it; the first GPU, if nobody did
   */
  static GpuChoice among(List<Gpu> gpus, @Nullable String ordinal) {
    String wanted = ordinal == null || ordinal.isBlank() ? "0" : ordinal.strip();
    return gpus.stream()
        .filter(gpu -> Integer.toString(gpu.ordinal()).equals(wanted))
        .findFirst()
        .map(GpuChoice::ofAge)
        .orElseGet(
            () ->
                new GpuChoice(
                    Optional.empty(),
                    List.of(
                        "%s must be the ordinal of a GPU but is %s; there are %s"
                            .formatted(CudaKernel.GPU_PROPERTY, wanted, gpus))));
  }

  private static GpuChoice ofAge(Gpu gpu) {
    int oldest = PtxModule.VARIANTS.get(PtxModule.VARIANTS.size() - 1);
    return gpu.computeCapability() >= oldest
        ? new GpuChoice(Optional.of(gpu), List.of())
        : new GpuChoice(
            Optional.empty(),
            List.of(
                "%s is too old: compute capability %d.%d or newer is needed"
                    .formatted(gpu, oldest / 10, oldest % 10)));
  }

  Gpu require() {
    return gpu.orElseThrow(() -> new IllegalStateException(String.join("; ", reasons)));
  }
}
