package dev.saccade.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class MechanismOptionTest {

  private final MechanismOption.Reader reader = new MechanismOption.Reader();

  @Test
  void a_value_may_hold_what_separates_the_names() {
    assertThat(reader.convert("sea.k=a=b.c")).isEqualTo(new MechanismOption("sea", "k", "a=b.c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "sea", "sea.k", "k=3", ".k=3", "sea.=3"})
  void anything_else_is_refused_with_an_example(String text) {
    assertThatThrownBy(() -> reader.convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessageContaining("must be like sea.k=16, but is \"" + text + "\"");
  }

  @Test
  void the_later_of_two_values_counts() {
    List<MechanismOption> given =
        List.of(
            reader.convert("sea.k=3"), reader.convert("sea.width=5"), reader.convert("sea.k=7"));

    assertThat(MechanismOption.byMechanism(given))
        .isEqualTo(Map.of("sea", Map.of("k", "7", "width", "5")));
  }
}
