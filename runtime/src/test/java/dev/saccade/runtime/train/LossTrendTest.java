package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class LossTrendTest {

  private static LossTrend of(DoubleStream losses) {
    return losses.boxed().reduce(LossTrend.NONE, LossTrend::plus, (a, b) -> b);
  }

  private static LossTrend constant(double loss, int steps) {
    return of(DoubleStream.generate(() -> loss).limit(steps));
  }

  @Test
  void the_mean_of_equal_losses_is_that_loss_from_the_first_on() {
    assertThat(constant(3, 1).mean()).isCloseTo(3, within(1e-12));
    assertThat(constant(3, 50).mean()).isCloseTo(3, within(1e-12));
  }

  @Test
  void the_limit_is_a_factor_of_the_lowest_mean() {
    LossTrend trend =
        of(
            DoubleStream.concat(
                DoubleStream.generate(() -> 8).limit(1),
                DoubleStream.concat(
                    DoubleStream.generate(() -> 2).limit(400),
                    DoubleStream.generate(() -> 3).limit(400))));

    assertThat(trend.mean()).isCloseTo(3, within(1e-6));
    assertThat(trend.limit(2)).isCloseTo(4, within(1e-6));
  }

  @Test
  void a_loss_near_zero_may_double() {
    LossTrend trend =
        of(DoubleStream.concat(DoubleStream.of(4), DoubleStream.generate(() -> 1e-4).limit(900)));

    assertThat(trend.limit(2)).isCloseTo(0.8, within(1e-9));
  }

  @Test
  void without_a_loss_or_a_factor_there_is_no_limit() {
    assertThat(LossTrend.NONE.limit(2)).isInfinite();
    assertThat(constant(3, 9).limit(0)).isInfinite();
  }
}
