package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The way back of SEA on a GPU against the recipe's gradients: from the graph through JCuda to
 * kernels that run on the CPU.
 */
@OnFakeDriver
class SeaOnGpuBackTest {

  private static final String CUDA = "cuda";

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** Of either masking all of the first options; of others the short ones, and the hardest. */
  static Stream<SeaTrial> trials() {
    Stream<SeaTrial> causal =
        SeaTrial.all(Masking.CAUSAL)
            .filter(
                trial ->
                    trial.length() == 33
                        || (trial.length() == 207 && trial.padding() == Padding.ANYWHERE)
                        || (trial.length() <= 207 && trial.options().equals(OPTIONS)));
    Stream<SeaTrial> around =
        SeaTrial.all(Masking.NONE)
            .filter(
                trial ->
                    trial.length() == 33
                        || (trial.length() <= 207
                            && trial.padding() == Padding.NONE
                            && trial.options().equals(OPTIONS)));
    Map<String, String> rare = Map.of("width", "11", "k", "4", "estimate-every", "64");
    Map<String, String> together =
        Map.of("width", "16", "k", "3", "grouping", "batch", "estimate-every", "3");
    Stream<SeaTrial> padded =
        Stream.of(
            new SeaTrial(Masking.NONE, 33, Padding.BEHIND, OPTIONS),
            new SeaTrial(Masking.NONE, 33, Padding.EVERYWHERE, OPTIONS),
            new SeaTrial(Masking.NONE, 207, Padding.ANYWHERE, OPTIONS),
            new SeaTrial(Masking.NONE, 207, Padding.ANYWHERE, rare),
            new SeaTrial(Masking.NONE, 207, Padding.ANYWHERE, together));
    return Stream.of(causal, around, padded).flatMap(each -> each);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    trial.assertGradientsErrLikeTheRecipe(CUDA);
  }

  static Stream<WideTrial> wide() {
    Map<String, String> joint = Map.of("width", "32", "k", "5", "joint-encoder", "true");
    Map<String, String> few = Map.of("width", "16", "k", "3", "feature-divisor", "8");
    return Stream.of(
        new WideTrial(Masking.CAUSAL, 40, 133, joint),
        new WideTrial(Masking.CAUSAL, 132, 35, few),
        new WideTrial(Masking.NONE, 40, 67, joint),
        new WideTrial(Masking.NONE, 132, 35, few));
  }

  @ParameterizedTest
  @MethodSource("wide")
  void so_do_those_of_wide_heads(WideTrial trial) {
    trial.assertGradientsErrLikeTheRecipe(CUDA);
  }

  @ParameterizedTest
  @CsvSource({"CAUSAL, 1", "CAUSAL, 2", "CAUSAL, 3", "CAUSAL, 4", "CAUSAL, 5"})
  @CsvSource({"NONE, 1", "NONE, 2", "NONE, 3", "NONE, 4", "NONE, 5"})
  void bits_do_not_depend_on_the_order_of_threads(Masking masking, int schedule) {
    SeaTrial trial = new SeaTrial(masking, 33, Padding.ANYWHERE, OPTIONS);
    List<Double> expected = trial.of(CUDA).bits();

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    FakeDriver.set("FAKE_CUDA_THREADS", 1 + schedule % 2);
    List<Double> gradients = trial.of(CUDA).bits();

    assertThat(gradients).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"CAUSAL, 1000000", "NONE, 1600000"})
  void where_memory_is_enough_for_one_way_only_the_cpu_goes_back(Masking masking, int bytes) {
    SeaTrial trial = new SeaTrial(masking, 207, Padding.NONE, OPTIONS);
    List<Double> onGpu = trial.of(CUDA).bits();

    FakeDriver.set("FAKE_CUDA_MEMORY", bytes);
    List<Double> gradients = trial.of(CUDA).bits();

    List<Double> onCpu = trial.of(SeaTrial.fastestOnCpu(masking, OPTIONS)).bits();
    assertThat(gradients.equals(onCpu)).as("computed on the CPU").isTrue();
    assertThat(onGpu.equals(onCpu)).as("computed on the CPU").isFalse();
  }
}
