package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

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

/** SEA without a causal mask on a GPU against the recipe, with kernels that run on the CPU. */
@OnFakeDriver
class SeaAroundOnGpuTest {

  private static final String CUDA = "cuda";

  private static final Map<String, String> OF_EACH = Map.of("width", "32", "k", "5");

  private static final Map<String, String> OF_ALL =
      Map.of("width", "32", "k", "5", "grouping", "batch");

  /** The longest take long here and show nothing new; of padding, the hardest is enough. */
  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.NONE)
        .filter(trial -> trial.length() <= 207 && trial.padding() != Padding.BEHIND);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(SeaTrial trial) {
    trial.assertContextErrsLikeTheRecipe(CUDA);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = trial(33, Padding.ANYWHERE, OF_ALL);
    INDArray expected = trial.of(CUDA).context();

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    INDArray context = trial.of(CUDA).context();

    assertThat(context).isEqualTo(expected);
  }

  @Test
  void equal_estimates_give_the_first_columns_of_a_query() {
    assertFlatPictureGivesWhatTheRecipeGives(trial(33, Padding.NONE, OF_EACH));
  }

  @Test
  void equal_estimates_give_the_first_columns_of_a_group() {
    assertFlatPictureGivesWhatTheRecipeGives(trial(207, Padding.BEHIND, OF_ALL));
  }

  /** Without weights in the picture, all columns of all heads and queries are equal. */
  private static void assertFlatPictureGivesWhatTheRecipeGives(SeaTrial trial) {
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

  private static void flatten(KernelTrial layer) {
    layer.parameter(SeaParameters.weight(SeaParameters.PAINT_JOIN)).assign(0);
  }

  @Test
  void more_places_than_columns_keep_all() {
    SeaTrial trial =
        trial(31, Padding.ANYWHERE, Map.of("width", "9", "k", "40", "grouping", "batch"));

    trial.assertContextErrsLikeTheRecipe(CUDA);
  }

  @Test
  void k_can_be_changed_in_a_built_graph() {
    INDArray before;
    INDArray after;
    try (KernelTrial layer = trial(33, Padding.NONE, OF_ALL).open(CUDA)) {
      before = layer.context();
      layer.setKept(2);
      after = layer.context();
    }

    INDArray expected =
        trial(33, Padding.NONE, Map.of("width", "32", "k", "2", "grouping", "batch"))
            .of(CUDA)
            .context();

    assertThat(after).isEqualTo(expected);
    assertThat(after.distance2(before)).isGreaterThan(1e-2);
  }

  private static SeaTrial trial(int length, Padding padding, Map<String, String> options) {
    return new SeaTrial(Masking.NONE, length, padding, options);
  }
}
