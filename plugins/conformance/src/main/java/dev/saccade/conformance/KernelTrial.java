package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.saccade.api.Feature;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.runtime.attention.LayerSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;

/**
 * All kernels of an operation give what the last one, the plain one, gives: forward and backward,
 * attending and learning, up to rounding. A kernel that this machine cannot run is skipped with its
 * reasons.
 */
final class KernelTrial {

  /** No whole number of warps or tiles, and more than one. */
  private static final int LENGTH = 37;

  private final Subject subject;

  KernelTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> agree() {
    List<DynamicTest> tests = new ArrayList<>();
    ladders()
        .forEach(
            (operation, ladder) -> {
              for (AttentionKernel kernel : ladder.subList(0, ladder.size() - 1)) {
                for (Case trial : subject.everyCase()) {
                  tests.add(
                      dynamicTest(
                          "%s %s, %s".formatted(operation, kernel.name(), trial),
                          () -> assertAgrees(trial, operation, kernel.name())));
                }
              }
            });
    return tests.isEmpty()
        ? Trials.skipped("brings one kernel an operation, or none")
        : tests.stream();
  }

  /** Kernels by operation, fastest first; each layer gets new ones, since they can be closed. */
  private Map<String, List<AttentionKernel>> ladders() {
    Map<String, List<AttentionKernel>> ladders = new LinkedHashMap<>();
    for (AttentionKernel kernel : subject.mechanism().kernels()) {
      ladders.computeIfAbsent(kernel.operation(), name -> new ArrayList<>()).add(kernel);
    }
    return ladders;
  }

  private void assertAgrees(Case trial, String operation, String kernel) {
    WatchedKernel last = new WatchedKernel(last(operation));
    Map<String, TensorValues> plain = computed(trial, with(operation, List.of(last)));
    Assumptions.assumeTrue(
        last.runs() > 0,
        () -> "no kernel of operation %s has a part in this: %s".formatted(operation, trial));
    WatchedKernel watched = new WatchedKernel(named(operation, kernel));
    Map<String, TensorValues> fast =
        computed(trial, with(operation, List.of(watched, last(operation))));
    Assumptions.assumeTrue(
        watched.refusals().isEmpty(),
        () -> "%s cannot run here: %s".formatted(kernel, watched.refusals()));
    assertThat(watched.runs()).as("runs of kernel %s", kernel).isPositive();
    plain.forEach(
        (name, expected) ->
            assertThatTensor(Objects.requireNonNull(fast.get(name), name))
                .as("%s by kernel %s, against the plain one", name, kernel)
                .isCloseTo(expected, Rounding.of(trial, trial.length(LENGTH), expected)));
  }

  /** These kernels of one operation, and all of other operations. */
  private List<AttentionKernel> with(String operation, List<? extends AttentionKernel> those) {
    List<AttentionKernel> kernels = new ArrayList<>();
    ladders().forEach((name, ladder) -> kernels.addAll(name.equals(operation) ? those : ladder));
    return kernels;
  }

  private AttentionKernel last(String operation) {
    List<AttentionKernel> ladder = Objects.requireNonNull(ladders().get(operation));
    return ladder.get(ladder.size() - 1);
  }

  private AttentionKernel named(String operation, String kernel) {
    return Objects.requireNonNull(ladders().get(operation)).stream()
        .filter(each -> each.name().equals(kernel))
        .findFirst()
        .orElseThrow();
  }

  /** The context and, if there are gradients, those of the inputs and parameters, by name. */
  private Map<String, TensorValues> computed(Case trial, List<AttentionKernel> kernels) {
    LayerSize size = trial.size(trial.length(LENGTH));
    LayerInputs inputs =
        LayerInputs.gaussian(trial.spec(), size, 103)
            .padded(at -> at[0] == 1 && at[1] >= size.keys() - 5);
    Map<String, TensorValues> computed = new LinkedHashMap<>();
    try (RunningLayer layer = RunningLayer.of(InstalledLayer.with(trial, kernels), size)) {
      computed.put("context", layer.context(inputs));
    }
    if (subject.has(Feature.GRADIENTS)) {
      TensorValues weighing =
          LayerInputs.gaussian(new SplittableRandom(107), inputs.query().shape());
      try (LayerWithLoss layer =
              LayerWithLoss.ofContext(InstalledLayer.with(trial, kernels), size);
          Feed feed = layer.feed(inputs, weighing)) {
        layer
            .gradients(feed)
            .forEach((name, gradient) -> computed.put("gradient of " + name, gradient));
      }
    }
    if (subject.has(Feature.OWN_OBJECTIVE)) {
      computed.putAll(learned(trial, kernels, inputs, size));
    }
    return computed;
  }

  /** The terms of the mechanism's objective and the gradients of their sum, by name. */
  private static Map<String, TensorValues> learned(
      Case trial, List<AttentionKernel> kernels, LayerInputs inputs, LayerSize size) {
    Map<String, TensorValues> learned = new LinkedHashMap<>();
    TensorValues nothing = inputs.query().map(x -> 0);
    try (LayerWithLoss layer = LayerWithLoss.learning(InstalledLayer.with(trial, kernels), size);
        Feed feed = layer.feed(inputs, nothing)) {
      for (LossTerm term : layer.terms()) {
        double value = layer.value(feed, LayerWithLoss.nameOf(term));
        learned.put("term " + term.name(), TensorValues.of(new double[] {value}, 1));
      }
      layer
          .gradients(feed)
          .forEach((name, gradient) -> learned.put("learned gradient of " + name, gradient));
    }
    return learned;
  }
}
