package dev.saccade.api.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OptionsTest {

  /** An enum as a plugin would declare it. */
  enum KeepRule {
    WHOLE_COLUMN,
    AT_MOST_K
  }

  private static final Option<Integer> KEPT = Option.integer("k", 64, "keys").between(1, 4096);
  private static final Option<Double> RATE = Option.decimal("rate", 0.1, "share dropped");
  private static final Option<Boolean> SHARED = Option.flag("shared", true, "for all heads");
  private static final Option<KeepRule> RULE =
      Option.choice("rule", KeepRule.WHOLE_COLUMN, "which keys are kept");
  private static final List<Option<?>> SCHEMA = List.of(KEPT, RATE, SHARED, RULE);

  @Test
  void options_that_are_not_named_keep_their_default() {
    Options options = Options.parse(SCHEMA, Map.of("k", "7"));

    assertThat(options.get(KEPT)).isEqualTo(7);
    assertThat(options.get(RATE)).isEqualTo(0.1);
    assertThat(options.get(SHARED)).isTrue();
    assertThat(options.get(RULE)).isEqualTo(KeepRule.WHOLE_COLUMN);
  }

  @Test
  void every_problem_is_told_at_once() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("k", "0");
    texts.put("width", "3");
    texts.put("rate", "fast");
    texts.put("rule", "none");

    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> Options.parse(SCHEMA, texts))
        .withMessage(
            "option k must be a whole number within 1 … 4096 but is 0; "
                + "there is no option width; there are k, rate, shared, rule; "
                + "option rate must be a number but is \"fast\"; "
                + "option rule must be one of whole-column, at-most-k but is \"none\"");
  }

  @Test
  void an_unknown_option_of_a_mechanism_without_any_is_told_so() {
    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> Options.parse(List.of(), Map.of("k", "7")))
        .withMessage("there is no option k; there are none to set");
  }

  @Test
  void a_schema_with_two_options_of_one_name_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Options.defaults(List.of(KEPT, Option.flag("k", true, "other"))))
        .withMessage("two options are named k");
  }

  @Test
  void values_are_written_as_users_write_them_in_the_order_of_the_schema() {
    Options options = Options.defaults(SCHEMA).with(RULE, KeepRule.AT_MOST_K);

    assertThat(options.asTexts())
        .containsExactly(
            Map.entry("k", "64"),
            Map.entry("rate", "0.1"),
            Map.entry("shared", "true"),
            Map.entry("rule", "at-most-k"));
    assertThat(options).hasToString("{k=64, rate=0.1, shared=true, rule=at-most-k}");
  }

  @Test
  void what_was_written_is_read_back_equal() {
    Options options =
        Options.defaults(SCHEMA)
            .with(KEPT, 4096)
            .with(RATE, 1.0 / 3)
            .with(SHARED, false)
            .with(RULE, KeepRule.AT_MOST_K);

    assertThat(Options.parse(SCHEMA, options.asTexts())).isEqualTo(options);
  }

  @Test
  void with_changes_a_copy() {
    Options defaults = Options.defaults(SCHEMA);

    Options changed = defaults.with(KEPT, 7);

    assertThat(changed.get(KEPT)).isEqualTo(7);
    assertThat(changed.get(RATE)).isEqualTo(0.1);
    assertThat(defaults.get(KEPT)).isEqualTo(64);
  }

  @Test
  void with_refuses_a_value_out_of_range() {
    Options defaults = Options.defaults(SCHEMA);

    assertThatExceptionOfType(OptionException.class)
        .isThrownBy(() -> defaults.with(KEPT, 4097))
        .withMessageContaining("within 1 … 4096 but is 4097");
  }

  @Test
  void an_option_of_another_schema_is_refused_with_those_of_this() {
    Options options = Options.defaults(List.of(KEPT, RATE));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.get(SHARED))
        .withMessage("there is no option shared; there are k, rate");
  }

  @Test
  void an_option_made_anew_under_the_same_name_is_told_to_be_kept_in_a_constant() {
    Options options = Options.defaults(SCHEMA);
    Option<Integer> copy = Option.integer("k", 64, "keys");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.get(copy))
        .withMessageContaining("option k")
        .withMessageContaining("constant");
  }

  @Test
  void equal_values_make_equal_options_however_they_were_set() {
    Options parsed = Options.parse(SCHEMA, Map.of("k", "7"));
    Options changed = Options.defaults(SCHEMA).with(KEPT, 7);

    assertThat(parsed).isEqualTo(changed).hasSameHashCodeAs(changed);
    assertThat(parsed).isNotEqualTo(Options.defaults(SCHEMA));
  }

  @Test
  void its_texts_cannot_be_changed() {
    Map<String, String> texts = Options.defaults(SCHEMA).asTexts();

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> texts.put("k", "1"));
  }
}
