package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.train.LearningRate.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LearningRateTest {

  private static final int STEPS = 110;
  private static final int WARMUP = 10;

  @ParameterizedTest
  @EnumSource(Shape.class)
  void rises_in_equal_steps_to_the_peak(Shape shape) {
    LearningRate rate = new LearningRate(0.5, shape, WARMUP, 0.2);

    assertThat(rate.at(0, STEPS)).isCloseTo(0.05, within(1e-12));
    assertThat(rate.at(3, STEPS)).isCloseTo(0.2, within(1e-12));
    assertThat(rate.at(WARMUP - 1, STEPS)).isEqualTo(0.5);
    assertThat(rate.at(WARMUP, STEPS)).isEqualTo(0.5);
  }

  @Test
  void a_constant_rate_stays() {
    LearningRate rate = new LearningRate(0.5, Shape.CONSTANT, WARMUP, 0.2);

    assertThat(rate.at(STEPS - 1, STEPS)).isEqualTo(0.5);
    assertThat(rate.at(7 * STEPS, STEPS)).isEqualTo(0.5);
  }

  @Test
  void a_line_and_a_cosine_cross_half_way_and_end_near_the_floor() {
    LearningRate line = new LearningRate(0.5, Shape.LINEAR, WARMUP, 0.2);
    LearningRate cosine = new LearningRate(0.5, Shape.COSINE, WARMUP, 0.2);

    assertThat(line.at(60, STEPS)).isCloseTo(0.3, within(1e-12));
    assertThat(cosine.at(60, STEPS)).isCloseTo(0.3, within(1e-12));
    assertThat(line.at(35, STEPS)).isCloseTo(0.4, within(1e-12));
    assertThat(cosine.at(35, STEPS)).isCloseTo(0.3 + 0.2 * Math.sqrt(0.5), within(1e-12));
    assertThat(line.at(STEPS, STEPS)).isCloseTo(0.1, within(1e-12));
    assertThat(cosine.at(STEPS, STEPS)).isCloseTo(0.1, within(1e-12));
  }

  @Test
  void what_is_no_rate_is_refused() {
    assertThatThrownBy(() -> LearningRate.constant(0))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("learning rate must be above 0 but is 0.0");
    assertThatThrownBy(() -> LearningRate.constant(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new LearningRate(1, Shape.LINEAR, -3, 0)).hasMessageContaining("-3");
    assertThatThrownBy(() -> new LearningRate(1, Shape.LINEAR, 0, 1.5))
        .hasMessageContaining("within 0 … 1, but is 1.5");
  }
}
