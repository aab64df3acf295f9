package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;

import dev.saccade.api.Masking;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Under a causal mask nothing at or after a position changes a result before it.
 *
 * <p>Compared up to rounding, not bit by bit: a mechanism may shift exponents by a maximum over all
 * positions, which cancels but for rounding. A real leak is many orders of magnitude larger.
 */
final class CausalityTrial {

  /** One more than a power of two and a prime besides: no whole number of tiles. */
  private static final int LENGTH = 37;

  private final Subject subject;

  CausalityTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> nothingLaterMatters() {
    return Trials.over(
        subject.cases(Masking::causal), "declares no causal masking", this::assertNoLeak);
  }

  private void assertNoLeak(Case trial) {
    int length = trial.length(LENGTH);
    LayerInputs inputs =
        LayerInputs.gaussian(trial.spec(), trial.size(length), 5)
            .padded(at -> at[0] == 1 && at[1] >= length - 3);
    try (RunningLayer layer = trial.run(trial.size(length))) {
      TensorValues before = layer.context(inputs);
      int[] suffixes =
          IntStream.of(length - 1, length - 4, length / 2, 5, 2, 1).distinct().toArray();
      for (int from : suffixes) {
        if (from < 1 || from >= length) {
          continue;
        }
        TensorValues after = layer.context(inputs.changed(at -> at[2] >= from, x -> 2 - 3 * x));
        TensorValues expected = before.slice(2, 0, from);
        assertThatTensor(after.slice(2, 0, from))
            .as("context before position %d, from which on all inputs changed", from)
            .isCloseTo(expected, Rounding.of(trial, length, expected));
      }
    }
  }
}
