package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainSettingsTest {

  private static final TrainSettings FIFTY = TrainSettings.defaults(50, 1e-3);

  private static TrainSettings settings(
      int steps, int accumulation, int warmup, double clip, double divergence) {
    return new TrainSettings(
        steps,
        accumulation,
        1,
        LearningRate.cosine(1e-3, warmup),
        AdamWSettings.defaults(),
        clip,
        divergence,
        new Rhythm(0, 0, 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0  | 1 | 0  | 1   | 2   | steps must be at least 1 but is 0
          50 | 0 | 0  | 1   | 2   | accumulation must be at least 1 batch a step but is 0
          50 | 1 | 51 | 1   | 2   | warm-up must end with the training, which has 50 steps, but takes 51
          50 | 1 | 0  | -1  | 2   | clip must be the length of a gradient, or 0 for any, but is -1.0
          50 | 1 | 0  | NaN | 2   | clip must be the length of a gradient, or 0 for any, but is NaN
          50 | 1 | 0  | 1   | 0.5 | divergence must be a factor above 1, or 0 for never, but is 0.5
          """)
  void what_makes_no_sense_is_refused(
      int steps, int accumulation, int warmup, double clip, double divergence, String message) {
    assertThatThrownBy(() -> settings(steps, accumulation, warmup, clip, divergence))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1   | 0.9 | 1e-8 | 0  | 1  | beta1 must be from 0 to below 1 but is 1.0
          0.9 | -1  | 1e-8 | 0  | 1  | beta2 must be from 0 to below 1 but is -1.0
          0.9 | 0.9 | 0    | 0  | 1  | epsilon must be above 0 but is 0.0
          0.9 | 0.9 | 1e-8 | -1 | 1  | weight decay must be 0 or more but is -1.0
          0.9 | 0.9 | 1e-8 | 0  | -1 | factor of group new must be 0 or more but is -1.0
          """)
  void what_makes_no_sense_for_adam_is_refused(
      double beta1, double beta2, double epsilon, double decay, double factor, String message) {
    assertThatThrownBy(() -> new AdamWSettings(beta1, beta2, epsilon, decay, Map.of("new", factor)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_rhythm_below_zero_is_refused() {
    assertThatThrownBy(() -> new Rhythm(1, -7, 1))
        .isInstanceOf(SaccadeException.class)
        .hasMessage("the steps between checkpoints must be 0, for never, or more but are -7");
  }

  @Test
  void every_setting_but_the_rhythm_and_the_guard_decides_the_course() {
    Map<String, String> course = FIFTY.decisive();

    assertThat(FIFTY.withRhythm(new Rhythm(3, 5, 7)).withDivergence(0).decisive())
        .isEqualTo(course);
    assertThat(FIFTY.withSeed(1).decisive()).isNotEqualTo(course);
    assertThat(FIFTY.withClip(7).decisive()).isNotEqualTo(course);
    assertThat(FIFTY.withAccumulation(3).decisive()).isNotEqualTo(course);
    assertThat(FIFTY.withRate(LearningRate.constant(1e-3)).decisive()).isNotEqualTo(course);
    assertThat(FIFTY.withRate(LearningRate.cosine(1e-3, 9)).decisive()).isNotEqualTo(course);
    assertThat(TrainSettings.defaults(51, 1e-3).decisive()).isNotEqualTo(course);
    assertThat(FIFTY.withOptimizer(AdamWSettings.defaults().withRateFactor("new", 3)).decisive())
        .isNotEqualTo(course);
  }
}
