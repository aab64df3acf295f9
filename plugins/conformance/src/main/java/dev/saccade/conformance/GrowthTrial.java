package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.sun.management.OperatingSystemMXBean;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerSize;
import java.lang.management.ManagementFactory;
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
 * one by 0.25: T·log T measures 1.12 here, linear memory in tiles of at most T/4 positions 1.2.
 *
 * <p>Time is the processor time of the whole process, averaged over a series of runs, since other
 * programs delay a run but hardly add to it. Its exponent is that between T and 4T, log₄(t₄/t₁), by
 * which a constant part only counts in favour. It may exceed the declared one by 0.6, of which
 * caches that overflow take up to a half; a mechanism that is quadratic and says linear measures
 * 1.8 or more.
 */
final class GrowthTrial {

  private static final double MEMORY_MARGIN = 0.25;
  private static final double TIME_MARGIN = 0.6;

  private static final int ATTEMPTS = 4;

  /** Ten times what some systems count processor time in. */
  private static final long SERIES_NANOSECONDS = 100_000_000;

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
          // Noise only ever adds, so a measurement that says too much is made again.
          for (int i = 0; i < ATTEMPTS && exponent > declared.exponent() + TIME_MARGIN; i++) {
            Arrays.setAll(least, at -> Math.min(least[at], timeOfARun(trial, lengths[at])));
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

  private static double timeOfARun(Case trial, int length) {
    LayerSize size = LayerSize.self(1, length);
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    try (RunningLayer layer = trial.run(size);
        Feed feed =
            new Feed(trial.spec().elementType(), LayerInputs.gaussian(trial.spec(), size, 83))) {
      layer.compute(feed);
      long before = process.getProcessCpuTime();
      long spent = 0;
      int runs = 0;
      while (spent < SERIES_NANOSECONDS) {
        layer.compute(feed);
        spent = process.getProcessCpuTime() - before;
        runs++;
      }
      return (double) spent / runs;
    }
  }

  private static double log2(double x) {
    return x <= 0 ? 0 : Math.log(x) / Math.log(2);
  }
}
