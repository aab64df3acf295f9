package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Parameter;
import dev.saccade.runtime.attention.LayerSize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients against central differences, in float64.
 *
 * <p>Every tensor is tried along a random direction, which no wrong element escapes. Where the loss
 * has a kink within the step, as at a relu, differences are wrong and the gradient is not; the next
 * direction then meets another point. A wrong gradient is wrong in all directions.
 *
 * <p>The difference quotient over a step h errs by h²/6 times the third derivative, and by rounding
 * of the loss, at most M·u/h when the loss is computed to a relative M·u. The first is measured:
 * the quotients over h and 2h differ by three times it. The second is bounded with the sum of the
 * loss's terms in absolute value for M, times the operations that {@link Rounding} counts. So no
 * tolerance is chosen by hand, and a wrong gradient does not widen its own.
 */
final class GradientTrial {

  /** ∛u: where truncation and rounding balance. */
  private static final double STEP = 0x1p-18;

  private static final int DIRECTIONS = 3;

  /** How many elements are looked at to say where a gradient is wrong. */
  private static final int ELEMENTS = 16;

  private final Subject subject;

  GradientTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> matchDifferences() {
    return ifDeclared(
        trial -> {
          try (Check check = new Check(trial)) {
            check.gradients.keySet().forEach(check::assertSlopes);
          }
        });
  }

  Stream<DynamicTest> reachEveryTrainedParameter() {
    return ifDeclared(
        trial -> {
          try (Check check = new Check(trial)) {
            for (Parameter parameter : check.layer.layer().trained()) {
              boolean expected =
                  !subject.declarations().withoutGradient().matcher(parameter.name()).matches();
              assertThat(check.gradient(parameter.name()).greatest() > 0)
                  .as(
                      "a gradient reaches trained parameter %s (declared: %s)",
                      parameter.name(), expected)
                  .isEqualTo(expected);
            }
          }
        });
  }

  private Stream<DynamicTest> ifDeclared(Consumer<Case> body) {
    if (!subject.has(Feature.GRADIENTS)) {
      return Trials.skipped("does not declare " + Feature.GRADIENTS);
    }
    return subject.capabilities().elementTypes().contains(ElementType.F64)
        ? Trials.over(subject.cases(masking -> true), "takes none of the variants", body)
        : Trials.skipped("does not declare F64, in which gradients are checked");
  }

  /** What a gradient says of one direction, and what differences say. */
  private record Slopes(double claimed, double measured, double tolerance) {

    double error() {
      return Math.abs(claimed - measured);
    }

    boolean agree() {
      return error() <= tolerance; // false for NaN
    }

    @Override
    public String toString() {
      return "the gradient says %s, differences say %s ± %s"
          .formatted(claimed, measured, tolerance);
    }
  }

  /** One layer with its inputs, its weighing and its gradients. */
  private static final class Check implements AutoCloseable {

    private final LayerWithLoss layer;
    private final Feed feed;
    private final Map<String, TensorValues> gradients;
    private final double roundingOfLoss;

    Check(Case trial) {
      int length = trial.length();
      LayerSize size = trial.size(length);
      LayerInputs inputs =
          LayerInputs.gaussian(trial.spec(), size, 17)
              .padded(at -> at[0] == 1 && at[1] >= length - 2);
      TensorValues weighing =
          LayerInputs.gaussian(new SplittableRandom(19), inputs.query().shape());
      InstalledLayer installed = new InstalledLayer(trial);
      installed.shakeParameters(23);
      this.layer = LayerWithLoss.learning(installed, size);
      this.feed = layer.feed(inputs, weighing);
      this.gradients = layer.gradients(feed);
      double magnitude =
          IntStream.range(0, weighing.length()).mapToDouble(weighing::at).map(Math::abs).sum();
      this.roundingOfLoss = magnitude * Rounding.of(trial, length, inputs.value());
    }

    TensorValues gradient(String name) {
      return Objects.requireNonNull(gradients.get(name), name);
    }

    void assertSlopes(String name) {
      SplittableRandom random = new SplittableRandom(29);
      List<String> disagreements = new ArrayList<>();
      for (int i = 0; i < DIRECTIONS && disagreements.size() == i; i++) {
        Slopes slopes = slopes(name, LayerInputs.gaussian(random, gradient(name).shape()));
        if (!slopes.agree()) {
          disagreements.add(slopes.toString());
        }
      }
      if (disagreements.size() == DIRECTIONS) {
        fail(
            "the derivative of the loss along random directions of %s: %s; %s",
            name, String.join("; ", disagreements), worstElement(name));
      }
    }

    /** Says where a gradient is wrong, of some elements all over the tensor. */
    private String worstElement(String name) {
      TensorValues gradient = gradient(name);
      int stride = Math.max(1, gradient.length() / ELEMENTS);
      return IntStream.iterate(0, flat -> flat < gradient.length(), flat -> flat + stride)
          .boxed()
          .max(Comparator.comparingDouble(flat -> slopes(name, one(gradient, flat)).error()))
          .map(
              flat ->
                  "of some elements the worst is %s: %s"
                      .formatted(
                          Arrays.toString(gradient.indexOf(flat)),
                          slopes(name, one(gradient, flat))))
          .orElseThrow();
    }

    private static TensorValues one(TensorValues like, int flat) {
      double[] one = new double[like.length()];
      one[flat] = 1;
      return TensorValues.of(one, like.shape());
    }

    private Slopes slopes(String name, TensorValues direction) {
      TensorValues gradient = gradient(name);
      double claimed =
          IntStream.range(0, gradient.length())
              .mapToDouble(i -> gradient.at(i) * direction.at(i))
              .sum();
      double near = slope(name, direction, STEP);
      double far = slope(name, direction, 2 * STEP);
      return new Slopes(claimed, near, Math.abs(far - near) + roundingOfLoss / STEP);
    }

    private double slope(String name, TensorValues direction, double step) {
      INDArray array = layer.array(feed, name);
      INDArray before = array.dup('c');
      INDArray ahead = direction.map(x -> step * x).toArray(array.dataType());
      try {
        array.addi(ahead);
        double above = layer.value(feed, LayerWithLoss.LOSS);
        array.assign(before).subi(ahead);
        double below = layer.value(feed, LayerWithLoss.LOSS);
        return (above - below) / (2 * step);
      } finally {
        array.assign(before);
        before.close();
        ahead.close();
      }
    }

    @Override
    public void close() {
      feed.close();
      layer.close();
    }
  }
}
