package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelsErrLikeTheRecipeWhereTermsCancel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.runtime.attention.LearningLayer;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The kernels of the distillation against its recipe, in every term and gradient. */
class DistillationKernelTest {

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** Of sequences without padding. */
  private static final List<Masking> MASKINGS = List.of(Masking.CAUSAL, Masking.NONE);

  static Stream<SeaTrial> trials() {
    return MASKINGS.stream().flatMap(SeaTrial::all);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void terms_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    assertKernelsErrLikeTheRecipeWhereTermsCancel(
        neighbour -> exact(trial).beside(neighbour).terms(),
        neighbour -> recipe(trial).beside(neighbour).terms(),
        arithmetic -> learned(trial, arithmetic).terms());
  }

  static Stream<SeaTrial> someTrials() {
    return trials().filter(trial -> List.of(1, 33, 207).contains(trial.length()));
  }

  @ParameterizedTest
  @MethodSource("someTrials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    assertGradients(trial);
  }

  static Stream<SeaTrial> termsAlone() {
    return LossWeights.SCHEMA.stream()
        .map(
            term -> {
              Map<String, String> options = new LinkedHashMap<>(OPTIONS);
              LossWeights.SCHEMA.forEach(weight -> options.put(weight.name(), "0"));
              options.put(term.name(), "1");
              return options;
            })
        .flatMap(
            options ->
                Stream.of(Padding.values())
                    .flatMap(
                        padding ->
                            MASKINGS.stream()
                                .map(masking -> new SeaTrial(masking, 207, padding, options))));
  }

  /** In the sum of all terms the smaller ones would hide. */
  @ParameterizedTest
  @MethodSource("termsAlone")
  void gradients_of_each_term_alone_err_at_most_twice_as_much(SeaTrial trial) {
    assertGradients(trial);
  }

  private static void assertGradients(SeaTrial trial) {
    assertKernelsErrLikeTheRecipeWhereTermsCancel(
        neighbour -> exact(trial).beside(neighbour).gradients(),
        neighbour -> recipe(trial).beside(neighbour).gradients(),
        arithmetic -> learned(trial, arithmetic).gradients());
  }

  static Stream<Arguments> everyKernel() {
    return MASKINGS.stream()
        .flatMap(
            masking ->
                Stream.of(Arithmetic.values())
                    .map(arithmetic -> Arguments.of(masking, arithmetic)));
  }

  @ParameterizedTest
  @MethodSource("everyKernel")
  void bits_do_not_depend_on_threads(Masking masking, Arithmetic arithmetic)
      throws InterruptedException, ExecutionException {
    SeaTrial trial = new SeaTrial(masking, 513, Padding.BEHIND, OPTIONS);
    Map<String, INDArray> expected = learned(trial, arithmetic).everything();

    // Parallel streams run on the pool that they are called from.
    ForkJoinPool lone = new ForkJoinPool(1);
    Map<String, INDArray> alone;
    try {
      alone = lone.submit(() -> learned(trial, arithmetic).everything()).get();
    } finally {
      lone.shutdown();
    }

    assertThat(alone).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("everyKernel")
  void who_attends_as_the_teacher_does_has_nothing_to_learn_of_scores(
      Masking masking, Arithmetic arithmetic) {
    Map<String, INDArray> terms;
    try (DistillationTrial layer =
        learned(new SeaTrial(masking, 207, Padding.NONE, OPTIONS), arithmetic).open()) {
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

  @ParameterizedTest
  @EnumSource(names = {"CAUSAL", "NONE"})
  void memory_grows_with_the_length(Masking masking) {
    long peak2048 = peakBytes(masking, 2048);
    long peak4096 = peakBytes(masking, 4096);

    assertThat((double) peak4096 / peak2048).isLessThan(2.1);
    assertThat(peak4096).isLessThan(4096L * 4096 * SeaTrial.H * Float.BYTES); // one matrix
  }

  private static long peakBytes(Masking masking, int length) {
    AttentionSpec spec = SeaTrial.spec(masking).withMaxPositions(length);
    try (DistillationTrial layer =
        new DistillationTrial(spec, OPTIONS, 1, length, SeaTrial.SEED, null)) {
      assertThat(layer.ranBy()).isEqualTo("simd");
      layer.gradients().values().forEach(INDArray::close);
      return layer.peakBytes();
    }
  }

  private static Learned exact(SeaTrial trial) {
    return new Learned(trial, ElementType.F64, "recipe", 0);
  }

  private static Learned recipe(SeaTrial trial) {
    return new Learned(trial, ElementType.F32, "recipe", 0);
  }

  private static Learned learned(SeaTrial trial, Arithmetic arithmetic) {
    return new Learned(trial, ElementType.F32, arithmetic.name().toLowerCase(Locale.ROOT), 0);
  }

  /** What one of them computes. */
  private record Learned(SeaTrial trial, ElementType type, String kernel, int neighbour) {

    /** The same for numbers beside those that go in; for them, if 0. */
    Learned beside(int number) {
      return new Learned(trial, type, kernel, number);
    }

    DistillationTrial open() {
      DistillationTrial layer = trial.teach(type, kernel);
      layer.installed().nudge(neighbour);
      return layer;
    }

    Map<String, INDArray> terms() {
      try (DistillationTrial layer = open()) {
        return layer.terms();
      }
    }

    Map<String, INDArray> gradients() {
      try (DistillationTrial layer = open()) {
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
