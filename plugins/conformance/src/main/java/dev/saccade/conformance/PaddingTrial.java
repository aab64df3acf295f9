package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;

import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.conformance.Declarations.PaddingPlace;
import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Padding is invisible: what stands there, and that it stands there at all. */
final class PaddingTrial {

  /** How many positions of the second sequence are padding. */
  private static final int PADDING = 4;

  private final Subject subject;

  PaddingTrial(Subject subject) {
    this.subject = subject;
  }

  /** The values of padding have no weight, whatever else padding may do to a mechanism. */
  Stream<DynamicTest> valuesOfPadding() {
    return Trials.over(
        subject.cases(Masking::padded),
        "declares no masking with padding",
        trial -> {
          LayerInputs inputs = padded(trial, behind(trial));
          TensorValues garbage =
              inputs.value().changed(inSecond(behind(trial)), x -> 1000 + 100 * x);
          assertRealRowsAgree(trial, inputs, inputs.withValue(garbage), behind(trial));
        });
  }

  /** Queries, keys and values of padding are as if they were not there. */
  Stream<DynamicTest> anythingInPadding() {
    return ifInvariant(
        trial -> {
          for (Predicate<Long> padding : places(trial)) {
            LayerInputs inputs = padded(trial, padding);
            LayerInputs garbage = inputs.changed(inSecond(padding), x -> 30 + 20 * x);
            assertRealRowsAgree(trial, inputs, garbage, padding);
          }
        });
  }

  Stream<DynamicTest> aloneAsPadded() {
    return ifInvariant(
        trial -> {
          int real = trial.length();
          int length = trial.length(real + PADDING);
          assertAloneAsPadded(trial, length, 0, real);
          if (subject.declarations().padding() == PaddingPlace.ANYWHERE) {
            assertAloneAsPadded(trial, length, length - real, length);
          }
        });
  }

  private Stream<DynamicTest> ifInvariant(Consumer<Case> body) {
    return subject.has(Feature.PADDING_INVARIANT)
        ? Trials.over(subject.cases(Masking::padded), "declares no masking with padding", body)
        : Trials.skipped("does not declare " + Feature.PADDING_INVARIANT);
  }

  /** The positions from {@code from} to {@code to} are real. */
  private static void assertAloneAsPadded(Case trial, int length, int from, int to) {
    LayerInputs inputs =
        LayerInputs.gaussian(trial.spec(), trial.size(length), 7)
            .padded(at -> at[0] == 1 && (at[1] < from || at[1] >= to));
    LayerInputs alone = inputs.sequences(1, 2).positions(from, to);
    try (RunningLayer padded = trial.run(trial.size(length));
        RunningLayer unpadded = trial.run(LayerSize.self(1, to - from))) {
      TensorValues expected = unpadded.context(alone);
      assertThatTensor(padded.context(inputs).slice(0, 1, 2).slice(2, from, to))
          .as("context of a sequence that is padded to %d, real from %d to %d", length, from, to)
          .isCloseTo(expected, Rounding.of(trial, length, expected));
    }
  }

  private static void assertRealRowsAgree(
      Case trial, LayerInputs inputs, LayerInputs changed, Predicate<Long> padding) {
    LayerSize size = trial.size(inputs.query().size(2));
    try (RunningLayer layer = trial.run(size)) {
      TensorValues expected = withoutPadding(layer.context(inputs), padding);
      assertThatTensor(withoutPadding(layer.context(changed), padding))
          .as("context of real positions after padding has changed")
          .isCloseTo(expected, Rounding.of(trial, inputs.query().size(2), expected));
    }
  }

  private static TensorValues withoutPadding(TensorValues context, Predicate<Long> padding) {
    return context.changed(inSecond(padding), x -> 0);
  }

  private static LayerInputs padded(Case trial, Predicate<Long> padding) {
    return LayerInputs.gaussian(trial.spec(), trial.size(trial.length()), 7)
        .padded(at -> at[0] == 1 && padding.test(at[1]));
  }

  private static Predicate<Long> behind(Case trial) {
    int from = trial.length() - PADDING;
    return position -> position >= from;
  }

  private List<Predicate<Long>> places(Case trial) {
    return subject.declarations().padding() == PaddingPlace.ANYWHERE
        ? List.of(behind(trial), PaddingTrial::inFront)
        : List.of(behind(trial));
  }

  private static boolean inFront(long position) {
    return position < PADDING;
  }

  /** Of {@code [b, h, t, d]}. */
  private static Predicate<long[]> inSecond(Predicate<Long> positions) {
    return at -> at[0] == 1 && positions.test(at[2]);
  }
}
