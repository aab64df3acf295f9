package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Feature;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** Taking positions as they come gives what the whole text gives at each of them. */
final class DecodingTrial {

  private static final int LENGTH = 23;
  private static final int PROMPT = 11;

  private final Subject subject;

  DecodingTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> presentAsDeclared() {
    return Trials.over(
        subject.cases(masking -> true),
        "takes none of the variants",
        trial ->
            assertThat(trial.layer().incremental().isPresent())
                .as("decodes %s (declares %s)", trial, Feature.INCREMENTAL)
                .isEqualTo(trial.has(Feature.INCREMENTAL) && trial.spec().masking().causal()));
  }

  /** A prompt and single steps, single steps only, chunks of many sizes, and all at once. */
  Stream<DynamicTest> anyPortions() {
    return ifIncremental(
        Masking::causal,
        trial -> {
          LayerInputs inputs = inputs(trial, position -> false);
          TensorValues expected = whole(trial, inputs);
          int[] singles = IntStream.range(1, LENGTH).toArray();
          int[] promptAndSingles = IntStream.range(PROMPT, LENGTH).toArray();
          for (int[] cuts :
              List.of(promptAndSingles, singles, new int[] {1, 3, 7, 12, 22}, new int[0])) {
            assertThatTensor(inPortions(trial, inputs, cuts))
                .as("context, cut before positions %s", IntStream.of(cuts).boxed().toList())
                .isCloseTo(expected, Rounding.of(trial, LENGTH, expected));
          }
        });
  }

  /** Padding before the prompt, as short prompts have it, and behind it, before what follows. */
  Stream<DynamicTest> padded() {
    return ifIncremental(
        masking -> masking.causal() && masking.padded(),
        trial -> {
          List<Predicate<Long>> paddings =
              List.of(position -> position < 4, position -> position >= 6 && position < PROMPT);
          for (Predicate<Long> padding : paddings) {
            LayerInputs inputs = inputs(trial, padding);
            TensorValues expected = real(whole(trial, inputs), padding);
            int[] cuts = IntStream.range(PROMPT, LENGTH).toArray();
            assertThatTensor(real(inPortions(trial, inputs, cuts), padding))
                .as("context of real positions of padded sequences")
                .isCloseTo(expected, Rounding.of(trial, LENGTH, expected));
          }
        });
  }

  /** Forks take other sequences on, in another order and twice; the original goes on as it was. */
  Stream<DynamicTest> forks() {
    return ifIncremental(
        Masking::causal,
        trial -> {
          LayerInputs inputs = inputs(trial, position -> false);
          LayerInputs prompt = inputs.positions(0, PROMPT);
          LayerInputs rest = inputs.positions(PROMPT, LENGTH);
          LayerInputs other =
              LayerInputs.gaussian(trial.spec(), trial.size(LENGTH), 101).positions(PROMPT, LENGTH);
          List<Integer> order = List.of(1, 1, 0);
          try (InstalledLayer layer = new InstalledLayer(trial);
              LayerDecoding original = open(trial, layer)) {
            advance(trial, original, prompt);
            try (LayerDecoding fork = original.fork(order)) {
              LayerInputs forkPrompt = prompt.inOrder(order);
              LayerInputs forkRest = other.inOrder(List.of(0, 1, 0));
              TensorValues forked = advance(trial, fork, forkRest);
              TensorValues continued = advance(trial, original, rest);

              assertContinues(trial, "the original", inputs, continued);
              assertContinues(trial, "the fork", forkPrompt.then(forkRest), forked);
            }
          }
        });
  }

  Stream<DynamicTest> closing() {
    return ifIncremental(
        Masking::causal,
        trial -> {
          LayerInputs inputs = inputs(trial, position -> false);
          try (InstalledLayer layer = new InstalledLayer(trial)) {
            LayerDecoding original = open(trial, layer);
            advance(trial, original, inputs.positions(0, PROMPT));
            try (LayerDecoding fork = original.fork(all(trial))) {
              original.close();
              assertThat(fork.length()).as("positions of the fork").isEqualTo(PROMPT);
              TensorValues continued = advance(trial, fork, inputs.positions(PROMPT, LENGTH));
              assertContinues(trial, "a fork of a closed decoding", inputs, continued);
              assertThat(fork.length()).as("positions of the fork").isEqualTo(LENGTH);
            }
          }
        });
  }

  private Stream<DynamicTest> ifIncremental(Predicate<Masking> which, Consumer<Case> body) {
    return subject.has(Feature.INCREMENTAL)
        ? Trials.over(subject.cases(which), "declares no such masking", body)
        : Trials.skipped("does not declare " + Feature.INCREMENTAL);
  }

  private static void assertContinues(
      Case trial, String what, LayerInputs all, TensorValues continued) {
    TensorValues expected = whole(trial, all).slice(2, PROMPT, LENGTH);
    assertThatTensor(continued)
        .as("context of %s, against the whole text", what)
        .isCloseTo(expected, Rounding.of(trial, LENGTH, expected));
  }

  private static LayerInputs inputs(Case trial, Predicate<Long> padding) {
    return LayerInputs.gaussian(trial.spec(), trial.size(LENGTH), 89)
        .padded(at -> at[0] == 1 && padding.test(at[1]));
  }

  private static TensorValues real(TensorValues context, Predicate<Long> padding) {
    return context.changed(at -> at[0] == 1 && padding.test(at[2]), x -> 0);
  }

  private static TensorValues whole(Case trial, LayerInputs inputs) {
    try (RunningLayer layer = trial.run(LayerSize.self(inputs.query().size(0), LENGTH))) {
      return layer.context(inputs);
    }
  }

  private static TensorValues inPortions(Case trial, LayerInputs inputs, int... cuts) {
    int[] bounds =
        IntStream.concat(
                IntStream.of(0), IntStream.concat(IntStream.of(cuts), IntStream.of(LENGTH)))
            .toArray();
    try (InstalledLayer layer = new InstalledLayer(trial);
        LayerDecoding decoding = open(trial, layer)) {
      return TensorValues.joined(
          2,
          IntStream.range(1, bounds.length)
              .mapToObj(
                  i -> {
                    TensorValues part =
                        advance(trial, decoding, inputs.positions(bounds[i - 1], bounds[i]));
                    assertThat(decoding.length()).as("positions taken").isEqualTo(bounds[i]);
                    return part;
                  })
              .toList());
    }
  }

  private static List<Integer> all(Case trial) {
    return IntStream.range(0, trial.subject().sizes().batch()).boxed().toList();
  }

  private static LayerDecoding open(Case trial, InstalledLayer layer) {
    return layer.slot().decoding(trial.subject().sizes().batch(), LENGTH).orElseThrow();
  }

  private static TensorValues advance(Case trial, LayerDecoding decoding, LayerInputs inputs) {
    try (Feed feed = new Feed(trial.spec().elementType(), inputs)) {
      return feed.advance(decoding);
    }
  }
}
