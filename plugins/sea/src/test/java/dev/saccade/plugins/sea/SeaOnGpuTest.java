package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static dev.saccade.plugins.sea.TensorDifference.doubles;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** SEA on a GPU against the recipe: from the graph through JCuda to kernels that run on the CPU. */
@OnFakeDriver
class SeaOnGpuTest {

  private static final String CUDA = "cuda";

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** Those below the longest, which takes long here and shows nothing new. */
  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.CAUSAL).filter(trial -> trial.length() <= 207);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(SeaTrial trial) {
    trial.assertContextErrsLikeTheRecipe(CUDA);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.ANYWHERE, OPTIONS);
    INDArray expected = trial.of(CUDA).context();

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    INDArray context = trial.of(CUDA).context();

    assertThat(doubles(context))
        .containsExactly(doubles(expected)); // ND4J takes near ones for equal
  }

  @Test
  void equal_estimates_give_the_first_column() {
    SeaTrial trial = trial(33);
    INDArray recipe;
    INDArray kernel;
    try (KernelTrial layer = trial.open("recipe")) {
      flatten(layer);
      recipe = layer.context();
    }
    try (KernelTrial layer = trial.open(CUDA)) {
      flatten(layer);
      kernel = layer.context();
    }

    assertClose("context", kernel, recipe, 1e-5);
  }

  /** Without weights in the picture, all columns of all heads are equal. */
  private static void flatten(KernelTrial layer) {
    layer.parameter(SeaParameters.weight(SeaParameters.SCORES_NORM)).assign(0);
    layer.parameter(SeaParameters.bias(SeaParameters.SCORES_NORM)).assign(0);
  }

  @Test
  void k_can_be_changed_in_a_built_graph() {
    INDArray before;
    INDArray after;
    try (KernelTrial layer = trial(33).open(CUDA)) {
      before = layer.context();
      layer.setKept(2);
      after = layer.context();
    }

    INDArray expected =
        new SeaTrial(Masking.CAUSAL, 33, Padding.NONE, Map.of("width", "32", "k", "2"))
            .of(CUDA)
            .context();

    assertThat(after).isEqualTo(expected);
    assertThat(after.distance2(before)).isGreaterThan(1e-2);
  }

  @Test
  void what_it_cannot_compute_is_refused_with_the_reason() {
    AttentionSpec wide =
        AttentionSpec.multiHead(1, 257).withMaxPositions(5).withMasking(Masking.CAUSAL);

    assertThatThrownBy(
            () -> new KernelTrial(wide, Map.of("kernel", CUDA), 1, 5, SeaTrial.SEED, null).close())
        .hasMessageContaining("kernel cuda of operation sea")
        .hasMessageContaining("D must be at most 256 but is 257");
  }

  @Test
  void without_a_gpu_the_cpu_computes_and_says_why() {
    FakeDriver.set("FAKE_CUDA_DEVICES", 0);

    try (KernelTrial layer = whoeverCan()) {
      assertThat(layer.ranBy()).isNotEqualTo(CUDA);
      assertThat(layer.decision()).contains("no GPU that CUDA can use");
    }
  }

  @Test
  void a_gpu_with_too_little_memory_is_passed_over() {
    FakeDriver.set("FAKE_CUDA_MEMORY", 1 << 16);

    try (KernelTrial layer = whoeverCan()) {
      assertThat(layer.ranBy()).isNotEqualTo(CUDA);
      assertThat(layer.decision()).contains("memory");
    }
  }

  @Test
  void a_gpu_is_the_first_choice() {
    try (KernelTrial layer = whoeverCan()) {
      assertThat(layer.ranBy()).isEqualTo(CUDA);
    }
  }

  private static KernelTrial whoeverCan() {
    return new KernelTrial(
        SeaTrial.spec(Masking.CAUSAL), OPTIONS, SeaTrial.B, 33, SeaTrial.SEED, null);
  }

  private static SeaTrial trial(int length) {
    return new SeaTrial(Masking.CAUSAL, length, Padding.NONE, OPTIONS);
  }
}
