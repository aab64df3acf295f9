package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The way back of SEA on a GPU against the recipe's gradients: from the graph through JCuda to
 * kernels that run on the CPU.
 */
@OnFakeDriver
class SeaOnGpuBackTest {

  private static final String CUDA = "cuda";

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** All of the first options; of others the short ones, and one that is long and padded. */
  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.CAUSAL)
        .filter(
            trial ->
                trial.length() == 33
                    || (trial.length() == 207 && trial.padding() == Padding.ANYWHERE)
                    || (trial.length() <= 207 && trial.options().equals(OPTIONS)));
  }

  @ParameterizedTest
  @MethodSource("trials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    trial.assertGradientsErrLikeTheRecipe(CUDA);
  }

  static Stream<WideTrial> wide() {
    return Stream.of(
        new WideTrial(
            Masking.CAUSAL, 40, 133, Map.of("width", "32", "k", "5", "joint-encoder", "true")),
        new WideTrial(
            Masking.CAUSAL, 132, 35, Map.of("width", "16", "k", "3", "feature-divisor", "8")));
  }

  @ParameterizedTest
  @MethodSource("wide")
  void so_do_those_of_wide_heads(WideTrial trial) {
    trial.assertGradientsErrLikeTheRecipe(CUDA);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.ANYWHERE, OPTIONS);
    List<Double> expected = trial.of(CUDA).bits();

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    FakeDriver.set("FAKE_CUDA_THREADS", 1 + schedule % 2);
    List<Double> gradients = trial.of(CUDA).bits();

    assertThat(gradients).isEqualTo(expected);
  }

  @Test
  void where_memory_is_enough_for_one_way_only_the_cpu_goes_back() {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 207, Padding.NONE, OPTIONS);
    List<Double> onGpu = trial.of(CUDA).bits();

    FakeDriver.set("FAKE_CUDA_MEMORY", 1 << 20);
    List<Double> gradients = trial.of(CUDA).bits();

    List<Double> onCpu = trial.of(SeaTrial.fastestOnCpu(Masking.CAUSAL, OPTIONS)).bits();
    assertThat(gradients.equals(onCpu)).as("computed on the CPU").isTrue();
    assertThat(onGpu.equals(onCpu)).as("computed on the CPU").isFalse();
  }
}
