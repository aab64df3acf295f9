package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ComparisonDefaultsTest {

  @Test
  void leave_out_lengths_that_a_model_does_not_take() {
    ComparisonSettings defaults = ComparisonSettings.defaultsUpTo(131);

    assertThat(defaults.modelLengths()).containsExactly(64, 128);
    assertThat(defaults.passageTokens()).isEqualTo(128);
  }

  @Test
  void take_all_positions_of_a_model_that_is_shorter_than_any_of_them() {
    ComparisonSettings defaults = ComparisonSettings.defaultsUpTo(13);

    assertThat(defaults.modelLengths()).containsExactly(13);
    assertThat(defaults.passageTokens()).isEqualTo(13);
  }

  @Test
  void are_all_there_for_a_long_model() {
    assertThat(ComparisonSettings.defaultsUpTo(512)).isEqualTo(ComparisonSettings.defaults());
  }
}
