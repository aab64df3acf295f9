package dev.saccade.plugins.sea.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which PTX a GPU is given, by what it says it is. */
@OnFakeDriver
class PtxVariantsTest {

  private static Gpu gpu(int capability) {
    FakeDriver.set("FAKE_CUDA_CAPABILITY", capability);
    return CudaDriver.look().gpus().get(0);
  }

  @ParameterizedTest
  @CsvSource({"75, 75", "80, 80", "86, 80", "89, 80", "90, 80", "120, 80"})
  void a_gpu_takes_the_best_that_it_understands(int capability, int variant) {
    assertThat(PtxModule.resource(gpu(capability), "sea_features").getPath())
        .endsWith("sea_features.compute_%d.ptx".formatted(variant));
  }

  @ParameterizedTest
  @ValueSource(ints = {75, 80, 90})
  void kernels_without_variants_are_for_every_gpu(int capability) {
    assertThat(PtxModule.resource(gpu(capability), "softmax").getPath())
        .endsWith("softmax.compute_75.ptx");
  }

  @Test
  void kernels_on_tensor_cores_are_not_there_for_a_gpu_without_them() {
    Gpu old = gpu(75);

    assertThatThrownBy(() -> PtxModule.resource(old, "flash_tensor"))
        .hasMessageStartingWith(
            "there are no kernels flash_tensor for GPU 0 (CPU as GPU 0, compute")
        .hasMessageContaining("7.5");
  }

  /** The driver refuses PTX for newer GPUs, so every module is loaded on the GPU that it is for. */
  @ParameterizedTest
  @ValueSource(ints = {75, 80, 86, 89, 90})
  void the_driver_takes_what_is_chosen(int capability) {
    GpuSession session = GpuSession.open(gpu(capability));
    List<String> kernels =
        capability < 80
            ? List.of("seaFeatures_f16")
            : List.of("seaFeatures_f16", "seaFeaturesTensor_f16", "seaFeaturesTensor_bf16");
    try (GpuSession.Entered entered = session.enter()) {
      for (String kernel : kernels) {
        assertThat(session.function("sea_features", kernel)).isNotNull();
      }
    } finally {
      session.close();
    }
  }
}
