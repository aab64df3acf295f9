package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.Arithmetic;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The kernels against the recipe without a causal mask, in value and gradient. */
class SeaAroundKernelTest {

  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.NONE);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(SeaTrial trial) {
    trial.assertContextErrsLikeTheRecipe();
  }

  static Stream<SeaTrial> someTrials() {
    return trials().filter(trial -> List.of(1, 32, 207).contains(trial.length()));
  }

  @ParameterizedTest
  @MethodSource("someTrials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    trial.assertGradientsErrLikeTheRecipe();
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  void k_can_be_changed_in_a_built_graph(Arithmetic arithmetic) {
    Map<String, String> options = Map.of("width", "32", "k", "5", "grouping", "head");
    INDArray before;
    INDArray after;
    try (KernelTrial layer = trial(207, Padding.NONE, options).open(arithmetic)) {
      before = layer.context();
      layer.setKept(2);
      after = layer.context();
    }

    INDArray expected =
        trial(207, Padding.NONE, Map.of("width", "32", "k", "2", "grouping", "head"))
            .of(arithmetic)
            .context();

    assertThat(after).isEqualTo(expected);
    assertThat(after.distance2(before)).isGreaterThan(1e-2);
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  void bits_do_not_depend_on_threads(Arithmetic arithmetic)
      throws InterruptedException, ExecutionException {
    SeaTrial trial =
        trial(513, Padding.BEHIND, Map.of("width", "32", "k", "5", "grouping", "batch"));
    Map<String, INDArray> expected = trial.of(arithmetic).everything();

    // Parallel streams run on the pool that they are called from.
    ForkJoinPool lone = new ForkJoinPool(1);
    Map<String, INDArray> alone;
    try {
      alone = lone.submit(() -> trial.of(arithmetic).everything()).get();
    } finally {
      lone.shutdown();
    }

    assertThat(alone).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  void equal_estimates_give_the_first_columns_of_a_group(Arithmetic arithmetic) {
    // Without weights in the picture, all columns of all heads and queries are equal.
    Map<String, String> options = Map.of("width", "32", "k", "5", "grouping", "batch");
    SeaTrial trial = trial(207, Padding.BEHIND, options);
    INDArray recipe;
    INDArray kernel;
    try (KernelTrial layer = trial.open("recipe")) {
      flatten(layer);
      recipe = layer.context();
    }
    try (KernelTrial layer = trial.open(arithmetic)) {
      flatten(layer);
      kernel = layer.context();
    }

    assertClose("context", kernel, recipe, 1e-5);
  }

  private static void flatten(KernelTrial layer) {
    layer.parameter(SeaParameters.weight(SeaParameters.PAINT_JOIN)).assign(0);
  }

  @Test
  void is_computed_by_the_fastest_kernel() {
    AttentionSpec spec = SeaTrial.spec(Masking.NONE);
    try (KernelTrial layer =
        new KernelTrial(spec, Map.of("width", "32"), SeaTrial.B, 33, SeaTrial.SEED, null)) {
      assertThat(layer.ranBy()).isEqualTo("simd");
    }
  }

  @Test
  void memory_grows_with_the_length() {
    long peak4096 = peakBytes(4096);
    long peak8192 = peakBytes(8192);

    assertThat((double) peak8192 / peak4096).isLessThan(2.1);
    // The output, one bit a column, sums of spans, and keys and values of some heads.
    assertThat(peak8192).isLessThan(6 * 4L * 12 * 8192 * 64);
  }

  private static long peakBytes(int length) {
    AttentionSpec spec =
        AttentionSpec.multiHead(12, 64).withMaxPositions(length).withMasking(Masking.NONE);
    Map<String, String> options =
        Map.of("width", "128", "k", "64", "feature-divisor", "8", "kernel", "auto");
    try (KernelTrial layer = new KernelTrial(spec, options, 1, length, SeaTrial.SEED, null)) {
      layer.context().close();
      return layer.peakBytes();
    }
  }

  private static SeaTrial trial(int length, Padding padding, Map<String, String> options) {
    return new SeaTrial(Masking.NONE, length, padding, options);
  }
}
