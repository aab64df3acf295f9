package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LengthRuleTest {

  private static final LengthRule BLOCKS = new LengthRule(10, 7);

  @ParameterizedTest
  @ValueSource(longs = {14, 21, 7L * Integer.MAX_VALUE})
  void multiples_from_the_minimum_on_are_taken(long length) {
    assertThat(BLOCKS.check(length)).isEqualTo(Support.yes());
  }

  @Test
  void a_multiple_below_the_minimum_is_refused() {
    assertThat(BLOCKS.check(7).reasons()).containsExactly("length 7 is below the minimum of 10");
  }

  @Test
  void a_length_between_two_multiples_is_refused() {
    assertThat(BLOCKS.check(15).reasons()).containsExactly("length 15 is not a multiple of 7");
  }

  @Test
  void a_length_that_is_both_too_short_and_no_multiple_is_told_both() {
    assertThat(BLOCKS.check(9).reasons())
        .containsExactly("length 9 is below the minimum of 10", "length 9 is not a multiple of 7");
  }

  @Test
  void any_takes_every_length_but_the_empty_one() {
    assertThat(LengthRule.any().check(1).isYes()).isTrue();
    assertThat(LengthRule.any().check(0).isYes()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "10, 7, 14", "14, 7, 14", "1, 64, 64", "2147483647, 2, 2147483648"})
  void shortest_is_the_first_length_that_is_taken(int minimum, int multiple, long shortest) {
    LengthRule rule = new LengthRule(minimum, multiple);

    assertThat(rule.shortest()).isEqualTo(shortest);
    assertThat(rule.check(shortest).isYes()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"0, 1", "1, 0", "-3, 5"})
  void rules_below_one_are_refused_with_both_numbers(int minimum, int multiple) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LengthRule(minimum, multiple))
        .withMessageContaining("minimum=%d, multiple=%d", minimum, multiple);
  }
}
