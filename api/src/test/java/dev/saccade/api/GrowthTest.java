package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrowthTest {

  @ParameterizedTest
  @CsvSource({"0, O(1)", "1, O(T)", "1.5, O(T^1.5)", "2, O(T²)", "3, O(T^3)", "4, O(T^4)"})
  void order_is_written_as_people_write_it(double exponent, String order) {
    assertThat(new Growth("H·T", exponent).order()).isEqualTo(order);
  }

  @Test
  void linear_and_quadratic_say_their_exponent_and_keep_the_formula() {
    assertThat(Growth.linear("H·T·k·D")).isEqualTo(new Growth("H·T·k·D", 1));
    assertThat(Growth.quadratic("H·T²")).isEqualTo(new Growth("H·T²", 2));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 4.1, Double.NaN, Double.POSITIVE_INFINITY})
  void an_exponent_that_no_attention_has_is_refused(double exponent) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Growth("H·T", exponent))
        .withMessageContaining("formula=H·T, exponent=" + exponent);
  }
}
