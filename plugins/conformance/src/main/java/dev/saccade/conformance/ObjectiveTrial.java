package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Feature;
import dev.saccade.api.distill.LossTerm;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** A mechanism that declares an objective of its own learns from a teacher by named terms. */
final class ObjectiveTrial {

  private final Subject subject;

  ObjectiveTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> presentAsDeclared() {
    return Trials.over(
        subject.cases(masking -> true),
        "takes none of the variants",
        trial -> {
          try (LayerWithLoss layer = LayerWithLoss.learning(trial, trial.size(trial.length()))) {
            assertThat(!layer.terms().isEmpty())
                .as("brings an objective (declares %s)", Feature.OWN_OBJECTIVE)
                .isEqualTo(trial.has(Feature.OWN_OBJECTIVE));
          }
        });
  }

  Stream<DynamicTest> namedFiniteTermsThatTeach() {
    return subject.has(Feature.OWN_OBJECTIVE)
        ? Trials.over(
            subject.cases(masking -> true), "takes none of the variants", this::assertTeaches)
        : Trials.skipped("does not declare " + Feature.OWN_OBJECTIVE);
  }

  private void assertTeaches(Case trial) {
    int length = trial.length();
    LayerInputs inputs =
        LayerInputs.gaussian(trial.spec(), trial.size(length), 67)
            .padded(at -> at[0] == 1 && at[1] >= length - 2);
    TensorValues nothing = inputs.query().map(x -> 0);
    try (LayerWithLoss layer = LayerWithLoss.learning(trial, trial.size(length));
        Feed feed = layer.feed(inputs, nothing)) {
      List<String> names = layer.terms().stream().map(LossTerm::name).toList();
      assertThat(names).as("names of terms").doesNotHaveDuplicates();
      double sum = 0;
      for (LossTerm term : layer.terms()) {
        double value = layer.value(feed, LayerWithLoss.nameOf(term));
        assertThat(value).as("term %s", term.name()).isFinite();
        sum += term.weight() * value;
      }
      assertThat(sum).as("weighted sum of the terms %s", names).isNotZero();
      Map<String, TensorValues> gradients = layer.gradients(feed);
      assertThat(gradients.values().stream().mapToDouble(TensorValues::greatest).max().orElse(0))
          .as("the greatest gradient of the objective alone")
          .isPositive();
    }
  }
}
