package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerTrial.gaussian;
import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiPredicate;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** What holds for every baseline, whatever it computes. */
class BaselinesTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 5;

  /** Two chunks and a bit of {@link FeatureMixing}, and of no window a multiple. */
  private static final int T = 131;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64).withMaxPositions(T);

  static Stream<Candidate> candidates() {
    return Candidate.all().stream();
  }

  static Stream<Candidate> causal() {
    return Candidate.causal();
  }

  static Stream<Arguments> candidatesAndMaskings() {
    return trials((candidate, masking) -> true);
  }

  static Stream<Arguments> padded() {
    return trials((candidate, masking) -> masking.padded());
  }

  static Stream<Arguments> paddingInvariant() {
    return trials(
        (candidate, masking) ->
            masking.padded()
                && candidate.mechanism().capabilities().has(Feature.PADDING_INVARIANT));
  }

  /**
   * cosFormer mixes projections of the values, Sinkhorn also learned ones, Scatterbrain all of them
   * twice; tests of their own cover them.
   */
  static Stream<Arguments> mixingValuesAsTheyAre() {
    Set<String> others = Set.of("cosformer", "sinkhorn", "scatterbrain");
    return trials((candidate, masking) -> !others.contains(candidate.mechanism().name()));
  }

  /** As above, but for flash, which never has a matrix to show. */
  static Stream<Arguments> showingAttention() {
    Set<String> others = Set.of("cosformer", "sinkhorn", "scatterbrain", "flash");
    return trials((candidate, masking) -> !others.contains(candidate.mechanism().name()));
  }

  private static Stream<Arguments> trials(BiPredicate<Candidate, Masking> condition) {
    return candidates()
        .flatMap(
            candidate ->
                candidate.mechanism().capabilities().maskings().stream()
                    .filter(masking -> condition.test(candidate, masking))
                    .map(masking -> Arguments.of(candidate, masking)));
  }

  @ParameterizedTest
  @MethodSource("candidatesAndMaskings")
  void gradients_are_finite_differences(Candidate candidate, Masking masking) {
    int length = 67; // two chunks
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(B, length);
    INDArray real = masking.padded() ? real(length, length, 61) : null;

    try (LayerTrial layer = candidate.trial(spec, size)) {
      layer.assertGradients(Inputs.random(spec, size, 11, real));
    }
  }

  @ParameterizedTest
  @MethodSource("causal")
  void no_later_position_changes_an_earlier_result(Candidate candidate) {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL);
    LayerSize size = LayerSize.self(1, T);
    Inputs inputs = Inputs.random(spec, size, 13, null);

    try (LayerTrial layer = candidate.trial(spec, size)) {
      INDArray before = layer.context(inputs);
      for (int from : new int[] {1, 43, 64, 65, 88, 130}) {
        Inputs changed =
            new Inputs(
                scrambled(inputs.query(), from),
                scrambled(inputs.key(), from),
                scrambled(inputs.value(), from),
                null);
        assertClose(
            "context before position " + from,
            positions(layer.context(changed), 0, from),
            positions(before, 0, from),
            1e-10);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("paddingInvariant")
  void padding_changes_nothing_where_so_declared(Candidate candidate, Masking masking) {
    int length = 71;
    AttentionSpec spec = SPEC.withMasking(masking);
    Inputs inputs = Inputs.random(spec, LayerSize.self(B, T), 17, real(T, T, length));
    Inputs alone =
        new Inputs(
            positions(inputs.query(), 0, length),
            positions(inputs.key(), 0, length),
            positions(inputs.value(), 0, length),
            real(length, length, length));

    try (LayerTrial padded = candidate.trial(spec, LayerSize.self(B, T));
        LayerTrial unpadded = candidate.trial(spec, LayerSize.self(B, length))) {
      assertClose(
          "context of the sequence that is padded",
          sequence(positions(padded.context(inputs), 0, length), 1),
          sequence(unpadded.context(alone), 1),
          1e-10);
    }
  }

  @ParameterizedTest
  @MethodSource("padded")
  void a_sequence_of_nothing_but_padding_gives_zero_and_finite_gradients(
      Candidate candidate, Masking masking) {
    AttentionSpec spec = SPEC.withElementType(ElementType.F32).withMasking(masking);
    LayerSize size = LayerSize.self(B, 7);
    Inputs inputs = Inputs.random(spec, size, 19, real(7, 7, 0));

    try (LayerTrial layer = candidate.trial(spec, size)) {
      INDArray context = layer.context(inputs);
      assertThat(TensorDifference.greatest(sequence(context, 1))).isZero();
      assertThat(TensorDifference.greatest(sequence(context, 0))).isBetween(0.01, 100.0);
      INDArray weighing = gaussian(new SplittableRandom(3), B, H, 7, D);
      layer
          .gradients(inputs, weighing)
          .forEach(
              (name, gradient) ->
                  assertThat(DoubleStream.of(TensorDifference.doubles(gradient)))
                      .as("gradient of " + name)
                      .allMatch(Double::isFinite));
    }
  }

  @ParameterizedTest
  @MethodSource("mixingValuesAsTheyAre")
  void a_single_position_takes_its_own_value(Candidate candidate, Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(B, 1);
    Inputs inputs = Inputs.random(spec, size, 23, masking.padded() ? real(1, 1, 1) : null);

    try (LayerTrial layer = candidate.trial(spec, size)) {
      // Some have an epsilon in what they divide by.
      assertClose("context", layer.context(inputs), inputs.value(), 1e-2);
    }
  }

  @ParameterizedTest
  @MethodSource("showingAttention")
  void the_attention_that_is_shown_mixes_the_values_to_the_context(
      Candidate candidate, Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(B, T);
    Inputs inputs = Inputs.random(spec, size, 29, masking.padded() ? real(T, T, 101) : null);

    try (LayerTrial layer = candidate.trial(spec, size, Probe.ATTENTION)) {
      INDArray shown = layer.show(inputs, Probe.ATTENTION);
      assertClose("context", layer.context(inputs), Nd4j.matmul(shown, inputs.value()), 1e-10);
    }
  }

  @ParameterizedTest
  @MethodSource("candidates")
  void a_sequence_gives_the_same_alone_as_in_a_batch(Candidate candidate) {
    Inputs inputs = Inputs.random(SPEC, LayerSize.self(B, T), 31, null);
    Inputs second =
        new Inputs(
            sequence(inputs.query(), 1),
            sequence(inputs.key(), 1),
            sequence(inputs.value(), 1),
            null);

    try (LayerTrial batch = candidate.trial(SPEC, LayerSize.self(B, T));
        LayerTrial alone = candidate.trial(SPEC, LayerSize.self(1, T))) {
      assertClose("context", sequence(batch.context(inputs), 1), alone.context(second), 1e-12);
    }
  }

  @Test
  void there_is_one_candidate_at_least_for_every_mechanism() {
    assertThat(candidates().map(candidate -> candidate.mechanism().name()).distinct())
        .contains(
            "softmax",
            "flash",
            "linear",
            "performer",
            "cosformer",
            "synthesizer",
            "sliding-window",
            "topk-oracle",
            "reformer",
            "sinkhorn",
            "scatterbrain");
  }

  /**
   * Sequence 0 has {@code first} real positions, sequence 1 {@code second}; the rest is padding.
   */
  private static INDArray real(int length, int first, int second) {
    double[][] real = new double[B][length];
    for (int i = 0; i < length; i++) {
      real[0][i] = i < first ? 1 : 0;
      real[1][i] = i < second ? 1 : 0;
    }
    return Nd4j.createFromArray(real);
  }

  /** Other and greater numbers from one position on. */
  private static INDArray scrambled(INDArray x, int from) {
    INDArray changed = x.dup('c');
    INDArrayIndex all = NDArrayIndex.all();
    INDArray tail = changed.get(all, all, NDArrayIndex.interval(from, x.size(2)), all);
    tail.muli(-3).addi(2);
    return changed;
  }

  private static INDArray positions(INDArray x, int from, int to) {
    INDArrayIndex all = NDArrayIndex.all();
    return x.get(all, all, NDArrayIndex.interval(from, to), all).dup('c');
  }

  private static INDArray sequence(INDArray x, int index) {
    return x.get(NDArrayIndex.interval(index, index + 1)).dup('c');
  }
}
