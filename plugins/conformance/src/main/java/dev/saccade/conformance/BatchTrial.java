package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Sequences of one batch do not know of each other. */
final class BatchTrial {

  private static final String NONE = "takes none of the variants";

  private final Subject subject;

  BatchTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> aloneAsInABatch() {
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerSize size = trial.size(trial.length());
          LayerInputs inputs = inputs(trial);
          try (RunningLayer batch = trial.run(size);
              RunningLayer alone = trial.run(LayerSize.self(1, size.queries()))) {
            TensorValues expected = alone.context(inputs.sequences(1, 2));
            assertThatTensor(batch.context(inputs).slice(0, 1, 2))
                .as("context of the second sequence")
                .isCloseTo(expected, Rounding.of(trial, trial.length(), expected));
          }
        });
  }

  /** Not a number and huge numbers in the first sequence leave the second as it was. */
  Stream<DynamicTest> neighboursAreHarmless() {
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerInputs inputs = inputs(trial);
          try (RunningLayer layer = trial.run(trial.size(trial.length()))) {
            TensorValues expected = layer.context(inputs).slice(0, 1, 2);
            for (double bad : List.of(1e9, Double.POSITIVE_INFINITY, Double.NaN)) {
              LayerInputs besides = inputs.changed(at -> at[0] == 0, x -> bad);
              assertThatTensor(layer.context(besides).slice(0, 1, 2))
                  .as("context of a sequence beside one that is all %s", bad)
                  .isCloseTo(expected, Rounding.of(trial, trial.length(), expected));
            }
          }
        });
  }

  /** A result that was computed from no number says so. */
  Stream<DynamicTest> notANumberIsNotHidden() {
    return Trials.over(
        subject.cases(masking -> true),
        NONE,
        trial -> {
          LayerInputs inputs = inputs(trial);
          LayerInputs bad = inputs.changed(at -> at[0] == 0, x -> Double.NaN);
          try (RunningLayer layer = trial.run(trial.size(trial.length()))) {
            TensorValues context = layer.context(bad).slice(0, 0, 1);
            for (int i = 0; i < context.length(); i++) {
              assertThat(context.at(i)).as("element %d of a context of nothing but NaN", i).isNaN();
            }
          }
        });
  }

  private static LayerInputs inputs(Case trial) {
    int length = trial.length();
    return LayerInputs.gaussian(trial.spec(), trial.size(length), 31)
        .padded(at -> at[0] == 1 && at[1] >= length - 2);
  }
}
