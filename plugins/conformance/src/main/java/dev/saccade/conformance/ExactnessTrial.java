package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Collections;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A mechanism that declares to be exact gives softmax attention: in float64 up to rounding, in
 * float32 with at most twice the error that the plain formula has in float32.
 */
final class ExactnessTrial {

  /** How many query heads share a key head where they may. */
  private static final int SHARING = 2;

  private final Subject subject;

  ExactnessTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> isSoftmaxAttention() {
    if (!subject.has(Feature.EXACT)) {
      return Trials.skipped("does not declare " + Feature.EXACT);
    }
    return Trials.over(
        subject.everyCase(),
        "takes none of the variants",
        trial -> {
          assertExact(trial, trial.length(), trial.length());
          if (trial.has(Feature.UNEQUAL_LENGTHS) && !trial.spec().masking().causal()) {
            assertExact(trial, trial.length(), trial.length(subject.sizes().otherLength()));
          }
        });
  }

  /** Query head h has the keys of head h·K/H, as if these were repeated for each. */
  Stream<DynamicTest> groupedHeads() {
    if (!subject.has(Feature.GROUPED_HEADS)) {
      return Trials.skipped("does not declare " + Feature.GROUPED_HEADS);
    }
    return Trials.over(
        subject.cases(masking -> true),
        "takes none of the variants",
        trial -> {
          int kvHeads = subject.sizes().heads();
          AttentionSpec base = trial.spec();
          AttentionSpec full =
              new AttentionSpec(
                  SHARING * kvHeads,
                  SHARING * kvHeads,
                  base.headSize(),
                  SHARING * base.hiddenSize(),
                  base.maxPositions(),
                  base.masking(),
                  base.source(),
                  base.elementType());
          assertAsRepeated(trial.with(full.withKvHeads(kvHeads)), trial.with(full));
        });
  }

  private static void assertAsRepeated(Case grouped, Case full) {
    LayerSize size = grouped.size(grouped.length());
    LayerInputs inputs = LayerInputs.gaussian(grouped.spec(), size, 41);
    LayerInputs repeated =
        new LayerInputs(
            inputs.query(), repeated(inputs.key()), repeated(inputs.value()), inputs.real());
    try (RunningLayer some = grouped.run(size);
        RunningLayer all = full.run(size)) {
      // Parameters of equal name and shape begin with equal values.
      TensorValues expected = all.context(repeated);
      assertThatTensor(some.context(inputs))
          .as("context of %s, against keys repeated for every head", grouped)
          .isCloseTo(expected, Rounding.of(grouped, grouped.length(), expected));
    }
  }

  private static TensorValues repeated(TensorValues keys) {
    return TensorValues.joined(
        1,
        IntStream.range(0, keys.size(1))
            .mapToObj(head -> keys.slice(1, head, head + 1))
            .flatMap(head -> Collections.nCopies(SHARING, head).stream())
            .toList());
  }

  private void assertExact(Case trial, int queries, int keys) {
    LayerSize size = new LayerSize(subject.sizes().batch(), queries, keys);
    LayerInputs inputs =
        LayerInputs.gaussian(trial.spec(), size, 43)
            .padded(at -> at[0] == 1 && (at[1] < 2 || at[1] >= keys - 3));
    TensorValues oracle = ExactReference.of(trial.spec(), inputs).context();
    try (RunningLayer layer = trial.run(size)) {
      TensorAssert context =
          assertThatTensor(layer.context(inputs)).as("context, T=%d S=%d", queries, keys);
      if (trial.spec().elementType() == ElementType.F32) {
        TensorValues naive = ExactReference.inFloat(trial.spec(), inputs).context();
        context.errsAtMost(2, naive, oracle);
      } else {
        context.isCloseTo(oracle, Rounding.of(trial, keys, oracle));
      }
    }
  }
}
