package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.LengthRule;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.attention.LayerSize;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What comes out has the shape of what asked, at every length, and is a number. */
final class ShapeTrial {

  /** Around the edges of warps, vectors and tiles. */
  private static final List<Integer> EDGES = List.of(1, 2, 31, 32, 33);

  private final Subject subject;

  ShapeTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> everythingDeclared() {
    return Trials.over(
        subject.everyCase(),
        "takes none of the variants",
        trial -> assertShaped(trial, trial.size(trial.length())));
  }

  Stream<DynamicTest> edges() {
    return subject.cases(masking -> true).stream()
        .flatMap(
            trial ->
                EDGES.stream()
                    .map(trial::length)
                    .distinct()
                    .map(
                        length ->
                            dynamicTest(
                                trial + ", T=" + length,
                                () -> assertShaped(trial, trial.size(length)))));
  }

  /** With parameters made once for the most positions that there may be. */
  Stream<DynamicTest> upToTheMostPositions() {
    if (!subject.has(Feature.LENGTH_GENERALISING)) {
      return Trials.skipped("does not declare " + Feature.LENGTH_GENERALISING);
    }
    return Trials.over(
        subject.cases(masking -> true),
        "takes none of the variants",
        trial -> {
          int multiple = trial.layer().lengths().multiple();
          int longest = trial.spec().maxPositions() / multiple * multiple;
          assertShaped(trial, trial.size(longest));
        });
  }

  Stream<DynamicTest> unequalLengths() {
    List<Case> cases =
        subject.everyCase().stream()
            .filter(trial -> !trial.spec().masking().causal())
            .filter(trial -> trial.spec().elementType() == subject.widest())
            .toList();
    return Trials.over(cases, "declares causal masking only", this::assertUnequalLengths);
  }

  private void assertUnequalLengths(Case trial) {
    int queries = trial.length();
    int keys = trial.length(queries + 4);
    if (trial.has(Feature.UNEQUAL_LENGTHS)) {
      assertShaped(trial, new LayerSize(subject.sizes().batch(), queries, keys));
      assertShaped(trial, new LayerSize(subject.sizes().batch(), keys, queries));
    } else {
      assertThatThrownBy(
              () -> trial.run(new LayerSize(subject.sizes().batch(), queries, keys)).close())
          .as("%s is not declared, so T ≠ S must be refused", Feature.UNEQUAL_LENGTHS)
          .isInstanceOfAny(SaccadeException.class, IllegalArgumentException.class)
          .hasMessageContaining(Integer.toString(queries))
          .hasMessageContaining(Integer.toString(keys));
    }
  }

  Stream<DynamicTest> lengthsOutsideTheRule() {
    List<Case> cases = subject.cases(masking -> true);
    return Trials.over(cases, "takes none of the variants", this::assertLengthsRefused);
  }

  private void assertLengthsRefused(Case trial) {
    LengthRule rule = trial.layer().lengths();
    if (trial.variant().options().isEmpty()) {
      assertThat(rule)
          .as("the rule of a layer with default options must be the one of capabilities()")
          .isEqualTo(subject.capabilities().lengths());
    }
    Stream.of(rule.minimum() - 1, rule.minimum() + 1, trial.length() + 1)
        .filter(length -> length > 0 && !rule.check(length).isYes())
        .forEach(
            length -> {
              Throwable refusal = catchThrowable(() -> trial.run(trial.size(length)).close());
              assertThat(refusal)
                  .isInstanceOf(SaccadeException.class)
                  .hasMessageContaining("length " + length);
            });
  }

  /** Shape and finiteness of a context of Gaussian inputs; if there may be padding, with some. */
  private static void assertShaped(Case trial, LayerSize size) {
    AttentionSpec spec = trial.spec();
    LayerInputs inputs =
        LayerInputs.gaussian(spec, size, 3)
            .padded(at -> at[0] == 1 && at[1] >= (size.keys() + 1) / 2);
    try (RunningLayer layer = trial.run(size)) {
      assertThatTensor(layer.context(inputs))
          .as("context")
          .hasShape(size.batch(), spec.heads(), size.queries(), spec.headSize())
          .isFinite()
          .varies();
    }
  }
}
