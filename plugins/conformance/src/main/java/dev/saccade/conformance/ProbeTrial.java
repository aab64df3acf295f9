package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What a layer shows is what it does. */
final class ProbeTrial {

  private final Subject subject;

  ProbeTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> givenWhenAskedFor() {
    return over(
        trial -> true,
        "has no probes",
        trial -> {
          List<Probe> declared = trial.layer().probes();
          assertThat(declared).as("probes()").doesNotHaveDuplicates();
          try (RunningLayer asked = running(trial, declared);
              RunningLayer unasked = running(trial, List.of())) {
            assertThat(asked.shown()).as("probes given").isEqualTo(Set.copyOf(declared));
            assertThat(unasked.shown()).as("probes that nobody asked for").isEmpty();
          }
        });
  }

  /** Asking to see must not change what is seen. */
  Stream<DynamicTest> watchingChangesNothing() {
    return over(
        trial -> true,
        "has no probes",
        trial -> {
          try (RunningLayer watched = running(trial, trial.layer().probes());
              RunningLayer unwatched = running(trial, List.of())) {
            TensorValues expected = unwatched.context(inputs(trial));
            assertThatTensor(watched.context(inputs(trial)))
                .as("context while probes are shown")
                .isCloseTo(expected, Rounding.of(trial, trial.length(), expected));
          }
        });
  }

  Stream<DynamicTest> shapes() {
    return over(
        trial -> true,
        "has no probes",
        trial -> {
          Map<String, Long> sizes = sizes(trial);
          for (Probe probe : trial.layer().probes()) {
            TensorValues shown = show(trial, probe);
            String[] axes = probe.axes().replaceAll("[\\[\\] ]", "").split(",", -1);
            assertThat(shown.shape())
                .as("rank of %s %s", probe.name(), probe.axes())
                .hasSize(axes.length);
            for (int axis = 0; axis < axes.length; axis++) {
              // A letter of the mechanism's own, such as M, has the same size wherever it occurs.
              long expected = sizes.computeIfAbsent(axes[axis], own(shown.size(axis)));
              assertThat(shown.shape()[axis])
                  .as("size of axis %s of %s %s", axes[axis], probe.name(), probe.axes())
                  .isEqualTo(expected);
            }
            assertThatTensor(shown).as(probe.name()).isFinite();
          }
        });
  }

  private static Function<String, Long> own(long size) {
    return letter -> size;
  }

  Stream<DynamicTest> attentionMixesTheValues() {
    return over(
        trial -> shows(trial, Probe.ATTENTION),
        "does not show " + Probe.ATTENTION.name(),
        trial -> {
          TensorValues attention = show(trial, Probe.ATTENTION);
          try (RunningLayer layer = running(trial, List.of())) {
            TensorValues context = layer.context(inputs(trial));
            TensorValues mixed = mixed(trial.spec(), attention, inputs(trial).value());
            double rounding = Rounding.of(trial, trial.length(), context);
            boolean more = subject.declarations().besidesAttention().test(trial.spec().masking());
            if (more) {
              assertThat(mixed.distance(context))
                  .as("attention times values, which is said to differ from the context")
                  .isGreaterThan(rounding);
            } else {
              assertThatTensor(mixed)
                  .as("attention times values, against the context")
                  .isCloseTo(context, rounding);
            }
          }
        });
  }

  Stream<DynamicTest> hiddenKeysHaveNoWeight() {
    return over(
        trial -> shows(trial, Probe.ATTENTION),
        "does not show " + Probe.ATTENTION.name(),
        trial -> {
          LayerInputs inputs = inputs(trial);
          TensorValues attention = show(trial, Probe.ATTENTION);
          assertThatTensor(
                  attention.changed(
                      at ->
                          isPadding(inputs, (int) at[0], (int) at[2])
                              || ExactReference.visible(
                                  trial.spec(), inputs, (int) at[0], (int) at[2], (int) at[3]),
                      x -> 0))
              .as("attention to keys that a query may not see")
              .isZero();
        });
  }

  /** What a query sees that is itself padding is nobody's business. */
  private static boolean isPadding(LayerInputs inputs, int sequence, int query) {
    TensorValues real = inputs.real();
    return real != null && real.at(sequence * inputs.query().size(2) + query) == 0;
  }

  Stream<DynamicTest> keptIsTheSupportOfAttention() {
    return over(
        trial -> shows(trial, Probe.KEPT) && shows(trial, Probe.ATTENTION),
        "does not show both %s and %s".formatted(Probe.KEPT.name(), Probe.ATTENTION.name()),
        trial -> {
          TensorValues support = show(trial, Probe.ATTENTION).map(x -> x != 0 ? 1 : 0);
          TensorValues kept = show(trial, Probe.KEPT);
          if (subject.declarations().kept() == Declarations.Reach.KEPT) {
            assertThatTensor(kept).as("kept keys, against those with weight").isCloseTo(support, 0);
            return;
          }
          assertThat(kept.distance(support))
              .as("keys with weight that are not kept, which there are said to be")
              .isPositive();
          double[] without = new double[kept.length()];
          for (int i = 0; i < without.length; i++) {
            without[i] = support.at(i) == 0 ? kept.at(i) : 0;
          }
          assertThatTensor(TensorValues.of(without, kept.shape()))
              .as("kept keys without weight")
              .isZero();
        });
  }

  Stream<DynamicTest> rowSumsAreSums() {
    return over(
        trial -> shows(trial, Probe.ROW_SUMS) && shows(trial, Probe.ATTENTION),
        "does not show both %s and %s".formatted(Probe.ROW_SUMS.name(), Probe.ATTENTION.name()),
        trial -> {
          TensorValues attention = show(trial, Probe.ATTENTION);
          TensorValues sums = show(trial, Probe.ROW_SUMS);
          double[] expected = new double[sums.length()];
          for (int i = 0; i < attention.length(); i++) {
            expected[i / attention.size(3)] += attention.at(i);
          }
          assertThatTensor(sums)
              .as("row sums, against the sums of attention's rows")
              .isCloseTo(
                  TensorValues.of(expected, sums.shape()),
                  Rounding.of(trial, trial.length(), attention));
        });
  }

  private Stream<DynamicTest> over(Predicate<Case> which, String otherwise, Consumer<Case> body) {
    List<Case> cases =
        subject.cases(masking -> true).stream()
            .filter(trial -> !trial.layer().probes().isEmpty())
            .filter(which)
            .toList();
    return Trials.over(cases, otherwise, body);
  }

  private static boolean shows(Case trial, Probe probe) {
    return trial.layer().probes().contains(probe);
  }

  private static RunningLayer running(Case trial, List<Probe> probes) {
    return trial.run(trial.size(trial.length()), probes.toArray(Probe[]::new));
  }

  private static LayerInputs inputs(Case trial) {
    int length = trial.length();
    return LayerInputs.gaussian(trial.spec(), trial.size(length), 59)
        .padded(at -> at[0] == 1 && at[1] >= length - 3);
  }

  private static TensorValues show(Case trial, Probe probe) {
    LayerSize size = trial.size(trial.length());
    try (RunningLayer layer = running(trial, List.of(probe))) {
      return ShownProbe.dense(
          layer.compute(inputs(trial)), SingleLayer.probe(probe), trial.spec(), size);
    }
  }

  private static Map<String, Long> sizes(Case trial) {
    Map<String, Long> sizes = new HashMap<>();
    sizes.put("B", (long) trial.subject().sizes().batch());
    sizes.put("H", (long) trial.spec().heads());
    sizes.put("K", (long) trial.spec().kvHeads());
    sizes.put("T", (long) trial.length());
    sizes.put("S", (long) trial.length());
    sizes.put("D", (long) trial.spec().headSize());
    return sizes;
  }

  /** {@code [B, H, T, S]} times {@code [B, K, S, D]}. */
  private static TensorValues mixed(
      AttentionSpec spec, TensorValues attention, TensorValues value) {
    int rows = attention.length() / attention.size(3);
    int keys = attention.size(3);
    int size = spec.headSize();
    int rowsPerKeyHead = attention.size(2) * (spec.heads() / spec.kvHeads());
    double[] context = new double[rows * size];
    for (int row = 0; row < rows; row++) {
      for (int s = 0; s < keys; s++) {
        double weight = attention.at(row * keys + s);
        for (int d = 0; d < size; d++) {
          context[row * size + d] +=
              weight * value.at((row / rowsPerKeyHead * keys + s) * size + d);
        }
      }
    }
    return TensorValues.of(context, attention.shape()[0], spec.heads(), attention.shape()[2], size);
  }
}
