package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;

import dev.saccade.api.Feature;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The same again gives the same again. */
final class RepeatabilityTrial {

  private static final String NONE = "takes none of the variants";
  private static final int LENGTH = 41;
  private static final int TIMES = 3;

  private final Subject subject;

  RepeatabilityTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> equalBits() {
    if (!subject.has(Feature.DETERMINISTIC)) {
      return Trials.skipped("does not declare " + Feature.DETERMINISTIC);
    }
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerInputs inputs = inputs(trial);
          try (RunningLayer layer = trial.run(trial.size(trial.length(LENGTH)));
              RunningLayer builtAnew = trial.run(trial.size(trial.length(LENGTH)))) {
            TensorValues first = layer.context(inputs);
            for (int i = 1; i < TIMES; i++) {
              assertThatTensor(layer.context(inputs)).as("run %d", i + 1).hasBitsOf(first);
            }
            assertThatTensor(builtAnew.context(inputs)).as("a second build").hasBitsOf(first);
          }
        });
  }

  /** What ran before, even with NaN in it, leaves no trace. */
  Stream<DynamicTest> noTrace() {
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerInputs inputs = inputs(trial);
          try (RunningLayer layer = trial.run(trial.size(trial.length(LENGTH)))) {
            TensorValues expected = layer.context(inputs);
            layer.context(inputs.changed(at -> true, x -> Double.NaN));
            assertThatTensor(layer.context(inputs))
                .as("context after a run with other inputs")
                .isCloseTo(expected, Rounding.of(trial, trial.length(LENGTH), expected));
          }
        });
  }

  /** Inputs belong to the caller: they are read, never written. */
  Stream<DynamicTest> inputsStay() {
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerInputs inputs = inputs(trial);
          try (RunningLayer layer = trial.run(trial.size(trial.length(LENGTH)));
              Feed feed = new Feed(trial.spec().elementType(), inputs)) {
            layer.compute(feed);
            assertThatTensor(feed.values(SingleLayer.QUERY)).as("query").hasBitsOf(inputs.query());
            assertThatTensor(feed.values(SingleLayer.KEY)).as("key").hasBitsOf(inputs.key());
            assertThatTensor(feed.values(SingleLayer.VALUE)).as("value").hasBitsOf(inputs.value());
            if (trial.spec().masking().padded()) {
              assertThatTensor(feed.values(SingleLayer.REAL))
                  .as("mask")
                  .hasBitsOf(Objects.requireNonNull(inputs.real()));
            }
          }
        });
  }

  private static LayerInputs inputs(Case trial) {
    int length = trial.length(LENGTH);
    return LayerInputs.gaussian(trial.spec(), trial.size(length), 37)
        .padded(at -> at[0] == 1 && at[1] >= length - 5);
  }
}
