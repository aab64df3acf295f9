package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;

import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * A query that may see no key mixes nothing: its context is zero. There are such queries in a
 * sequence of nothing but padding and, with a causal mask, where padding comes first.
 */
final class BlindQueryTrial {

  private static final int PADDING = 3;

  private final Subject subject;

  BlindQueryTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> nothingSeenIsZero() {
    return Trials.over(
        subject.cases(Masking::padded),
        "declares no masking with padding",
        trial -> {
          assertZero(trial, trial.length());
          if (trial.spec().masking().causal()) {
            assertZero(trial, PADDING);
          }
        });
  }

  /** The first positions of the second sequence are padding. */
  private static void assertZero(Case trial, int padding) {
    LayerInputs inputs = inputs(trial, padding);
    try (RunningLayer layer = trial.run(trial.size(trial.length()))) {
      TensorValues context = layer.context(inputs);
      assertThatTensor(context).as("context").isFinite();
      assertThatTensor(context.slice(0, 1, 2).slice(2, 0, padding))
          .as("context of queries that see no key")
          .isZero();
    }
  }

  Stream<DynamicTest> gradientsAreFinite() {
    if (!subject.has(Feature.GRADIENTS)) {
      return Trials.skipped("does not declare " + Feature.GRADIENTS);
    }
    return Trials.over(
        subject.cases(Masking::padded),
        "declares no masking with padding",
        trial -> {
          LayerInputs inputs = inputs(trial, trial.length());
          TensorValues weighing =
              LayerInputs.gaussian(new SplittableRandom(13), inputs.query().shape());
          try (LayerWithLoss layer = LayerWithLoss.learning(trial, trial.size(trial.length()));
              Feed feed = layer.feed(inputs, weighing)) {
            layer
                .gradients(feed)
                .forEach(
                    (name, gradient) ->
                        assertThatTensor(gradient).as("gradient of " + name).isFinite());
          }
        });
  }

  private static LayerInputs inputs(Case trial, int padding) {
    return LayerInputs.gaussian(trial.spec(), trial.size(trial.length()), 11)
        .padded(at -> at[0] == 1 && at[1] < padding);
  }
}
