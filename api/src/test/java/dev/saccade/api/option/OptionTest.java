package dev.saccade.api.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionTest {

  /** An enum as a plugin would declare it. */
  enum KeepRule {
    WHOLE_COLUMN,
    MIDDLE
  }

  private static final Option<Integer> KEPT =
      Option.integer("k", 64, "keys kept per query and head").between(1, 4096);
  private static final Option<Double> RATE = Option.decimal("rate", 0.1, "share dropped");
  private static final Option<Boolean> SHARED = Option.flag("shared", true, "one for all heads");
  private static final Option<KeepRule> RULE =
      Option.choice("rule", KeepRule.WHOLE_COLUMN, "which keys a kept column keeps");

  @Test
  void a_whole_number_is_read() {
    assertThat(KEPT.parse(" 128 ")).isEqualTo(128);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "many", "1.5", "1e3", "99999999999"})
  void what_is_no_whole_number_is_refused(String text) {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> KEPT.parse(text))
        .withMessage(
            "option k must be a whole number within 1 … 4096 but is \"%s\"".formatted(text));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4096})
  void both_ends_of_a_range_are_allowed(int value) {
    assertThat(KEPT.check(value)).isEqualTo(value);
  }

  @Test
  void the_ends_of_a_range_are_known_where_there_is_one() {
    assertThat(KEPT.lowest()).contains(1);
    assertThat(KEPT.highest()).contains(4096);
    assertThat(RATE.lowest()).isEmpty();
    assertThat(RATE.highest()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4097, Integer.MIN_VALUE})
  void values_outside_the_range_are_refused(int value) {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> KEPT.parse(Integer.toString(value)))
        .withMessage("option k must be a whole number within 1 … 4096 but is " + value);
  }

  @Test
  void a_default_outside_the_range_is_refused() {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> Option.integer("k", 0, "keys").between(1, 4096))
        .withMessageContaining("but is 0");
  }

  @Test
  void a_number_with_a_fraction_is_read() {
    assertThat(RATE.parse("2.5e-3")).isEqualTo(0.0025);
  }

  @Test
  void not_a_number_is_refused_as_text_as_value_and_as_default() {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> RATE.parse("NaN"))
        .withMessage("option rate must be a number but is NaN");
    assertThatExceptionOfType(OptionException.class).isThrownBy(() -> RATE.check(Double.NaN));
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> Option.decimal("rate", Double.NaN, "share dropped"));
  }

  @Test
  void not_a_number_does_not_slip_through_a_range() {
    Option<Double> bounded = RATE.between(0.0, 1.0);

    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> bounded.parse("NaN"))
        .withMessageContaining("within 0.0 … 1.0");
  }

  @ParameterizedTest
  @CsvSource({"true, true", "YES, true", "on, true", "False, false", "no, false", "off, false"})
  void a_flag_is_read_as_people_write_it(String text, boolean value) {
    assertThat(SHARED.parse(text)).isEqualTo(value);
  }

  @Test
  void a_flag_that_is_neither_is_refused() {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> SHARED.parse("maybe"))
        .withMessage("option shared must be true or false but is \"maybe\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"whole-column", "WHOLE_COLUMN", "Whole-Column"})
  void a_choice_is_read_with_hyphens_in_any_case(String text) {
    assertThat(RULE.parse(text)).isEqualTo(KeepRule.WHOLE_COLUMN);
  }

  @Test
  void a_choice_is_read_the_same_in_turkish_where_i_has_another_capital() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("tr"));
    try {
      assertThat(RULE.parse("middle")).isEqualTo(KeepRule.MIDDLE);
      assertThat(RULE.range()).isEqualTo("one of whole-column, middle");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void an_unknown_choice_is_told_those_that_there_are() {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> RULE.parse("diagonal"))
        .withMessage("option rule must be one of whole-column, middle but is \"diagonal\"");
  }

  @Test
  void is_live_only_when_said_so() {
    assertThat(KEPT.live()).isFalse();
    assertThat(KEPT.changeableLive().live()).isTrue();
  }

  @Test
  void a_live_option_keeps_its_range_and_a_bounded_one_stays_live() {
    assertThat(KEPT.changeableLive().range()).isEqualTo(KEPT.range());
    assertThat(RATE.changeableLive().between(0.0, 1.0).live()).isTrue();
  }

  @Test
  void reads_as_a_line_of_help() {
    assertThat(KEPT)
        .hasToString("k=64 (a whole number within 1 … 4096): keys kept per query and head");
    assertThat(RULE)
        .hasToString(
            "rule=whole-column (one of whole-column, middle): which keys a kept column keeps");
  }
}
