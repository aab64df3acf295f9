package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Memory and time grow no faster with the length than declared.
 *
 * <p>Both are measured at T, 2T and 4T. Memory is the peak that the runner counts, forward and, if
 * there are gradients, backward; it is the same on every run. A part that does not depend on T
 * cancels in differences, so its exponent is log₂((m₄ − m₂)/(m₂ − m₁)). It may exceed the declared
 * one by 0.25: T·log T measures 1.13 at these lengths, and tiles make memory grow by steps.
 *
 * <p>Time is the least of many runs, by the clock: processor time would count BLAS threads that
 * spin while they wait. Other programs only ever add to it, so a measurement that says too much is
 * made again. Its exponent is that between T and 4T, log₄(t₄/t₁), by which a constant part only
 * counts in favour. It may exceed the declared one by 0.6, of which caches that overflow and
 * programs that interrupt longer runs more often take up to a half each; a mechanism that is
 * quadratic and says linear measures 1.8 or more.
 */
final class GrowthTrial {

  private static final double MEMORY_MARGIN = 0.25;
  private static final double TIME_MARGIN = 0.6;

  private static final int ATTEMPTS = 6;
  private static final int RUNS = 20;
  private static final int FEWEST_RUNS = 3;
  private static final long ENOUGH_NANOSECONDS = 100_000_000;

  /** Where quadratic terms dominate the linear ones of a head this small. */
  private static final int[] LONG = {512, 1024, 2048};

  /** Enough to notice something worse than quadratic. */
  private static final int[] SHORT = {128, 256, 512};

  private static final int HEADS = 2;
  private static final int HEAD_SIZE = 8;

  private final Subject subject;

  GrowthTrial(Subject subject) {
    this.subject = subject;
  }

  Stream<DynamicTest> memory() {
    return cases(
        subject.capabilities().memory(),
        (trial, lengths) -> {
          double[] bytes =
              Arrays.stream(lengths).mapToDouble(length -> peakBytes(trial, length)).toArray();
          double exponent = log2((bytes[2] - bytes[1]) / Math.max(1, bytes[1] - bytes[0]));
          assertGrowth(
              subject.capabilities().memory(), MEMORY_MARGIN, exponent, "bytes", bytes, lengths);
        });
  }

  Stream<DynamicTest> time() {
    Growth declared = subject.capabilities().time();
    return cases(
        declared,
        (trial, lengths) -> {
          double[] least = new double[lengths.length];
          Arrays.fill(least, Double.POSITIVE_INFINITY);
          double exponent = Double.POSITIVE_INFINITY;
          for (int i = 0; i < ATTEMPTS && exponent > declared.exponent() + TIME_MARGIN; i++) {
            Arrays.setAll(least, at -> Math.min(least[at], leastTime(trial, lengths[at])));
            exponent = log2(least[2] / least[0]) / 2;
          }
          assertGrowth(declared, TIME_MARGIN, exponent, "ns", least, lengths);
        });
  }

  private interface Measurement {
    void of(Case trial, int... lengths);
  }

  /** The first variant, without a causal mask and with one. */
  private Stream<DynamicTest> cases(Growth declared, Measurement measurement) {
    int[] lengths = declared.exponent() < 1.9 ? LONG : SHORT;
    Predicate<Masking> causal = Masking::causal;
    return Stream.of(causal.negate(), causal)
        .flatMap(which -> subject.cases(which).stream().limit(1))
        .map(
            trial -> {
              Case longer = trial.with(spec(trial.spec(), lengths[2]));
              int[] fitting = Arrays.stream(lengths).map(longer::length).toArray();
              return dynamicTest(
                  "%s at T=%s".formatted(longer, Arrays.toString(fitting)),
                  () -> measurement.of(longer, fitting));
            });
  }

  private AttentionSpec spec(AttentionSpec tried, int longest) {
    ElementType type =
        subject.capabilities().elementTypes().contains(ElementType.F32)
            ? ElementType.F32
            : tried.elementType();
    return AttentionSpec.multiHead(HEADS, HEAD_SIZE)
        .withMaxPositions(2 * longest)
        .withMasking(tried.masking())
        .withElementType(type)
        .withSource(tried.source());
  }

  private static void assertGrowth(
      Growth declared, double margin, double exponent, String unit, double[] measured, int... at) {
    assertThat(exponent)
        .as(
            "exponent of T: declared %s (%s), measured %s %s at T=%s",
            declared.order(),
            declared.formula(),
            Arrays.stream(measured).mapToObj("%.0f"::formatted).toList(),
            unit,
            Arrays.toString(at))
        .isLessThanOrEqualTo(declared.exponent() + margin);
  }

  private double peakBytes(Case trial, int length) {
    LayerSize size = LayerSize.self(1, length);
    LayerInputs inputs = LayerInputs.gaussian(trial.spec(), size, 73);
    if (!subject.has(Feature.GRADIENTS)) {
      try (RunningLayer layer = trial.run(size)) {
        layer.context(inputs);
        return layer.peakBytes();
      }
    }
    TensorValues weighing = LayerInputs.gaussian(new SplittableRandom(79), inputs.query().shape());
    try (LayerWithLoss layer = LayerWithLoss.ofContext(trial, size);
        Feed feed = layer.feed(inputs, weighing)) {
      layer.gradients(feed);
      return layer.peakBytes();
    }
  }

  private static double leastTime(Case trial, int length) {
    LayerSize size = LayerSize.self(1, length);
    LayerInputs inputs = LayerInputs.gaussian(trial.spec(), size, 83);
    try (RunningLayer layer = trial.run(size);
        Feed feed = new Feed(trial.spec().elementType(), inputs)) {
      long least = Long.MAX_VALUE;
      long spent = 0;
      for (int run = 0; run < RUNS && (run < FEWEST_RUNS || spent < ENOUGH_NANOSECONDS); run++) {
        long before = System.nanoTime();
        layer.compute(feed);
        long time = System.nanoTime() - before;
        least = Math.min(least, time);
        spent += time;
      }
      return least;
    }
  }

  private static double log2(double x) {
    return x <= 0 ? 0 : Math.log(x) / Math.log(2);
  }
}
