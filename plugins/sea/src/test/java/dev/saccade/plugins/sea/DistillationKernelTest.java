package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RelativeErrors.greatest;
import static dev.saccade.plugins.sea.RelativeErrors.worstOfAll;
import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.runtime.attention.LearningLayer;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The kernels of the distillation against its recipe, in every term and gradient. */
class DistillationKernelTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 7;

  /** That of {@link SeaKernelTest}, for the same student. */
  private static final long SEED = 5;

  /** Of one query; around a strip of queries; beyond a tile of keys; and of several segments. */
  private static final List<Integer> LENGTHS = List.of(1, 31, 32, 33, 207, 513);

  /** The painting's last bias has no gradient but by rounding. */
  private static final String JOIN_BIAS = SeaParameters.bias(SeaParameters.PAINT_JOIN);

  private static final List<Map<String, String>> VARIANTS =
      List.of(
          Map.of("width", "32", "k", "5"),
          Map.of("width", "207", "k", "3", "grouping", "query"),
          Map.of("width", "24", "k", "5", "joint-encoder", "true", "scaler", "false"),
          Map.of("width", "12", "k", "5", "deeper", "true", "keys", "at-most-k"),
          Map.of("width", "32", "k", "3", "oversample", "1.5", "scale", "queries"),
          Map.of("width", "32", "k", "4", "estimate-every", "3"),
          Map.of("width", "11", "k", "4", "estimate-every", "64"),
          Map.of("width", "70", "k", "4", "scale", "nothing", "feature-divisor", "3"));

  static Stream<Arguments> trials() {
    List<Arguments> trials = new ArrayList<>();
    for (Map<String, String> options : VARIANTS) {
      for (int length : LENGTHS) {
        trials.add(Arguments.of(length, Padding.NONE, options));
      }
      trials.add(Arguments.of(207, Padding.BEHIND, options));
      trials.add(Arguments.of(207, Padding.ANYWHERE, options));
    }
    return trials.stream();
  }

  @ParameterizedTest
  @MethodSource("trials")
  void terms_err_at_most_twice_as_much_as_those_of_the_recipe(
      int length, Padding padding, Map<String, String> options) {
    Lesson lesson = new Lesson(length, padding, options);
    Map<String, INDArray> oracle = lesson.exact().terms();
    Map<String, INDArray> recipe = lesson.of("recipe").terms();
    double most = 2 * worstOfAll(recipe, oracle) + Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      assertAllClose(arithmetic + " term", lesson.of(arithmetic).terms(), oracle, most);
    }
  }

  static Stream<Arguments> someTrials() {
    return trials().filter(trial -> List.of(1, 33, 207).contains(trial.get()[0]));
  }

  @ParameterizedTest
  @MethodSource("someTrials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(
      int length, Padding padding, Map<String, String> options) {
    assertGradients(new Lesson(length, padding, options));
  }

  static Stream<Arguments> weights() {
    return Stream.of("kl-estimate", "mse-estimate", "kl-scores", "mse-scores", "mse-context")
        .flatMap(term -> Stream.of(Padding.values()).map(padding -> Arguments.of(term, padding)));
  }

  /** In the sum of all terms the smaller ones would hide. */
  @ParameterizedTest
  @MethodSource("weights")
  void gradients_of_each_term_alone_err_at_most_twice_as_much(String term, Padding padding) {
    Map<String, String> options = new LinkedHashMap<>(Map.of("width", "32", "k", "5"));
    LossWeights.SCHEMA.forEach(weight -> options.put(weight.name(), "0"));
    options.put(term, "1");

    assertGradients(new Lesson(207, padding, options));
  }

  private static void assertGradients(Lesson lesson) {
    Map<String, INDArray> oracle = lesson.exact().gradients();
    Map<String, INDArray> recipe = lesson.of("recipe").gradients();
    INDArray none = Objects.requireNonNull(oracle.remove(JOIN_BIAS));
    double most = 2 * worstOfAll(recipe, oracle) + Math.ulp(1f);

    for (Arithmetic arithmetic : Arithmetic.values()) {
      Map<String, INDArray> gradients = lesson.of(arithmetic).gradients();

      assertClose(JOIN_BIAS, Objects.requireNonNull(gradients.remove(JOIN_BIAS)), none, 1e-6);
      assertAllClose(arithmetic + " gradient of", gradients, oracle, most);
    }
  }

  private static void assertAllClose(
      String what, Map<String, INDArray> actual, Map<String, INDArray> expected, double most) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    double greatest =
        expected.values().stream().mapToDouble(RelativeErrors::greatest).max().orElseThrow();
    double rounding = Math.ulp((float) greatest); // of what cancels, nothing else may be left
    expected.forEach(
        (name, exact) ->
            assertClose(
                what + " " + name,
                Objects.requireNonNull(actual.get(name)),
                exact,
                most * greatest(exact) + rounding));
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  void bits_do_not_depend_on_threads(Arithmetic arithmetic)
      throws InterruptedException, ExecutionException {
    Lesson lesson = new Lesson(513, Padding.BEHIND, Map.of("width", "32", "k", "5"));
    Map<String, INDArray> expected = lesson.of(arithmetic).everything();

    // Parallel streams run on the pool that they are called from.
    ForkJoinPool lone = new ForkJoinPool(1);
    Map<String, INDArray> alone;
    try {
      alone = lone.submit(() -> lesson.of(arithmetic).everything()).get();
    } finally {
      lone.shutdown();
    }

    assertThat(alone).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(Arithmetic.class)
  void who_attends_as_the_teacher_does_has_nothing_to_learn_of_scores(Arithmetic arithmetic) {
    Lesson lesson = new Lesson(207, Padding.NONE, Map.of("width", "32", "k", "5"));
    Map<String, INDArray> terms;
    try (DistillationTrial layer = lesson.open(arithmetic)) {
      layer.input(LearningLayer.TEACHER_QUERY).assign(layer.input(SingleLayer.QUERY));
      layer.input(LearningLayer.TEACHER_KEY).assign(layer.input(SingleLayer.KEY));
      terms = layer.terms();
    }

    assertThat(number(terms, "kl-scores")).isBetween(-1e-6, 1e-6);
    assertThat(number(terms, "mse-scores")).isBetween(0.0, 1e-12);
    assertThat(number(terms, "kl-estimate")).isGreaterThan(1e-2);
  }

  private static double number(Map<String, INDArray> terms, String name) {
    return Objects.requireNonNull(terms.get(name), name).getDouble(0);
  }

  @Test
  void memory_grows_with_the_length() {
    long peak2048 = peakBytes(2048);
    long peak4096 = peakBytes(4096);

    assertThat((double) peak4096 / peak2048).isLessThan(2.1);
    assertThat(peak4096).isLessThan(4096L * 4096 * H * Float.BYTES); // one matrix
  }

  private static long peakBytes(int length) {
    AttentionSpec spec =
        AttentionSpec.multiHead(H, D).withMaxPositions(length).withMasking(Masking.CAUSAL);
    Map<String, String> options = Map.of("width", "32", "k", "5");
    try (DistillationTrial layer = new DistillationTrial(spec, options, 1, length, SEED, null)) {
      assertThat(layer.ranBy()).isEqualTo("simd");
      layer.gradients().values().forEach(INDArray::close);
      return layer.peakBytes();
    }
  }

  /** One layer and one teacher on one set of numbers, computed by this one and that. */
  private record Lesson(int length, Padding padding, Map<String, String> options) {

    Learned exact() {
      return new Learned(this, ElementType.F64, "recipe");
    }

    Learned of(String kernel) {
      return new Learned(this, ElementType.F32, kernel);
    }

    Learned of(Arithmetic arithmetic) {
      return of(arithmetic.name().toLowerCase(Locale.ROOT));
    }

    DistillationTrial open(Arithmetic arithmetic) {
      return open(ElementType.F32, arithmetic.name().toLowerCase(Locale.ROOT));
    }

    DistillationTrial open(ElementType type, String kernel) {
      AttentionSpec spec =
          AttentionSpec.multiHead(H, D)
              .withMaxPositions(601)
              .withMasking(padding == Padding.NONE ? Masking.CAUSAL : Masking.CAUSAL_PADDING)
              .withElementType(type);
      Map<String, String> chosen = new LinkedHashMap<>(options);
      chosen.put("kernel", kernel);
      DistillationTrial layer =
          new DistillationTrial(spec, chosen, B, length, SEED, padding.real(B, length));
      if (!kernel.equals("recipe")) {
        assertThat(layer.ranBy()).isEqualTo(kernel);
      }
      return layer;
    }
  }

  private record Learned(Lesson lesson, ElementType type, String kernel) {

    Map<String, INDArray> terms() {
      try (DistillationTrial layer = lesson.open(type, kernel)) {
        return layer.terms();
      }
    }

    Map<String, INDArray> gradients() {
      try (DistillationTrial layer = lesson.open(type, kernel)) {
        return layer.gradients();
      }
    }

    Map<String, INDArray> everything() {
      Map<String, INDArray> everything = new LinkedHashMap<>(gradients());
      everything.putAll(terms());
      return everything;
    }
  }
}
