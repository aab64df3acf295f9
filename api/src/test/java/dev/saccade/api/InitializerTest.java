package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.DoubleSummaryStatistics;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class InitializerTest {

  private static final long SEED = 42;

  /** 100,000 values: a mean of theirs lies within 4 standard errors but once in 16,000 seeds. */
  private static final Shape LARGE = Shape.of(10, 100, 100);

  private static final double ROOT = Math.sqrt((double) LARGE.elements());

  @Test
  void constant_fills_the_shape() {
    assertThat(Initializer.constant(1.5).values(Shape.of(2, 3), new Random(SEED)))
        .containsExactly(1.5, 1.5, 1.5, 1.5, 1.5, 1.5);
  }

  @Test
  void normal_has_mean_zero_and_the_standard_deviation_asked_for() {
    double[] values = Initializer.normal(0.02).values(LARGE, new Random(SEED));

    assertThat(mean(values)).isCloseTo(0, within(4 * 0.02 / ROOT));
    assertThat(deviation(values)).isCloseTo(0.02, within(4 * 0.02 / (Math.sqrt(2) * ROOT)));
  }

  @Test
  void normal_has_tails_that_a_uniform_draw_lacks() {
    double[] values = Initializer.normal(1).values(LARGE, new Random(SEED));

    double beyondTwo = DoubleStream.of(values).filter(v -> Math.abs(v) > 2).count() / (ROOT * ROOT);

    assertThat(beyondTwo).isCloseTo(0.0455, within(0.003));
  }

  @Test
  void uniform_reaches_both_bounds_and_never_passes_them() {
    double[] values = Initializer.uniform(0.5).values(LARGE, new Random(SEED));

    DoubleSummaryStatistics seen = DoubleStream.of(values).summaryStatistics();
    assertThat(seen.getMin()).isBetween(-0.5, -0.499);
    assertThat(seen.getMax()).isBetween(0.499, 0.5);
    assertThat(mean(values)).isCloseTo(0, within(4 * 0.5 / Math.sqrt(3) / ROOT));
    assertThat(deviation(values)).isCloseTo(0.5 / Math.sqrt(3), within(0.002));
  }

  @Test
  void fan_in_is_uniform_within_one_over_the_root_of_the_inputs() {
    double[] fanIn = Initializer.fanIn(16).values(LARGE, new Random(SEED));
    double[] uniform = Initializer.uniform(0.25).values(LARGE, new Random(SEED));

    assertThat(fanIn).containsExactly(uniform);
  }

  @Test
  void equal_seeds_give_equal_values() {
    for (Initializer initializer :
        new Initializer[] {Initializer.normal(1), Initializer.uniform(1), Initializer.fanIn(7)}) {
      double[] first = initializer.values(LARGE, new Random(SEED));
      double[] again = initializer.values(LARGE, new Random(SEED));
      double[] other = initializer.values(LARGE, new Random(SEED + 1));

      assertThat(again).containsExactly(first);
      assertThat(other).isNotEqualTo(first);
    }
  }

  @Test
  void an_empty_shape_has_no_values_and_a_scalar_one() {
    assertThat(Initializer.uniform(1).values(Shape.of(3, 0), new Random(SEED))).isEmpty();
    assertThat(Initializer.normal(1).values(Shape.of(), new Random(SEED))).hasSize(1);
  }

  private static double mean(double[] values) {
    return DoubleStream.of(values).average().orElseThrow();
  }

  private static double deviation(double[] values) {
    double mean = mean(values);
    double squares = DoubleStream.of(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / values.length);
  }
}
