package dev.saccade.api.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KernelArgumentsTest {

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0.1,
        -0.0,
        1.0 / 3,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        Double.NEGATIVE_INFINITY,
        Double.NaN
      })
  void decimals_come_back_to_the_bit(double value) {
    KernelArguments arguments = KernelArguments.none().with("scale", value);

    double back = new KernelArguments(arguments.values()).decimal("scale");

    assertThat(Double.doubleToRawLongBits(back)).isEqualTo(Double.doubleToRawLongBits(value));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
  void whole_numbers_come_back(long value) {
    assertThat(KernelArguments.none().with("seed", value).integer("seed")).isEqualTo(value);
  }

  @Test
  void flags_and_texts_come_back() {
    KernelArguments arguments =
        KernelArguments.none().with("causal", true).with("padded", false).with("rule", "top-k");

    assertThat(arguments.flag("causal")).isTrue();
    assertThat(arguments.flag("padded")).isFalse();
    assertThat(arguments.text("rule")).isEqualTo("top-k");
  }

  @Test
  void arguments_keep_their_order() {
    KernelArguments arguments =
        KernelArguments.none().with("z", 1).with("a", 2).with("m", 3).with("b", 4);

    assertThat(arguments.values().keySet()).containsExactly("z", "a", "m", "b");
  }

  @Test
  void equal_names_and_values_make_equal_arguments() {
    KernelArguments one = KernelArguments.none().with("k", 7).with("causal", true);
    KernelArguments other = KernelArguments.none().with("causal", true).with("k", 7);

    assertThat(one).isEqualTo(other).hasSameHashCodeAs(other);
    assertThat(one).isNotEqualTo(other.with("k", 8));
  }

  @Test
  void a_missing_argument_is_told_with_those_that_were_given() {
    KernelArguments arguments = KernelArguments.none().with("k", 7).with("causal", true);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> arguments.integer("width"))
        .withMessage("there is no argument width; given: [k, causal]");
  }

  @Test
  void an_argument_of_another_type_is_told_by_name_and_value() {
    KernelArguments arguments = KernelArguments.none().with("rule", "top-k");

    assertThatIllegalArgumentException()
        .isThrownBy(() -> arguments.integer("rule"))
        .withMessage("argument rule must be a whole number but is \"top-k\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> arguments.decimal("rule"))
        .withMessage("argument rule must be a number but is \"top-k\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> arguments.flag("rule"))
        .withMessage("argument rule must be true or false but is \"top-k\"");
  }

  @Test
  void later_changes_of_the_map_that_it_was_made_of_do_not_show() {
    Map<String, String> values = new LinkedHashMap<>(Map.of("k", "7"));
    KernelArguments arguments = new KernelArguments(values);

    values.put("k", "8");

    assertThat(arguments.integer("k")).isEqualTo(7);
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> arguments.values().put("k", "9"));
  }
}
