package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ComparisonSettingsTest {

  private static ComparisonSettings settings(
      int passages,
      int passageTokens,
      List<Integer> modelLengths,
      List<Integer> layerLengths,
      int repetitions,
      double patience) {
    return new ComparisonSettings(
        "softmax",
        List.of(),
        Map.of("sea", Map.of("k", "7")),
        "",
        passages,
        passageTokens,
        modelLengths,
        layerLengths,
        repetitions,
        patience,
        42,
        "");
  }

  private static void refused(ThrowingCallable creation, String message) {
    assertThatThrownBy(creation).isInstanceOf(SaccadeException.class).hasMessage(message);
  }

  @Test
  void numbers_that_measure_nothing_are_refused_by_name() {
    List<Integer> one = List.of(1);

    refused(() -> settings(0, 1, one, one, 1, 1), "passages must be at least 1 but is 0");
    refused(() -> settings(1, -3, one, one, 1, 1), "passage tokens must be at least 1 but is -3");
    refused(
        () -> settings(1, 1, List.of(5, 0), one, 1, 1), "model length must be at least 1 but is 0");
    refused(
        () -> settings(1, 1, one, List.of(-7), 1, 1), "layer length must be at least 1 but is -7");
    refused(() -> settings(1, 1, one, one, 0, 1), "repetitions must be at least 1 but is 0");
    refused(() -> settings(1, 1, one, one, 1, 0), "patience must be above 0 seconds but is 0.0");
    refused(
        () -> settings(1, 1, one, one, 1, Double.NaN),
        "patience must be above 0 seconds but is NaN");
  }

  @Test
  void lengths_are_measured_once_each_and_rising() {
    ComparisonSettings settings = settings(1, 1, List.of(64, 5, 64), List.of(), 1, 1);

    assertThat(settings.modelLengths()).containsExactly(5, 64);
    assertThat(settings.layerLengths()).isEmpty();
  }

  @Test
  void options_belong_to_one_mechanism() {
    ComparisonSettings settings = settings(1, 1, List.of(), List.of(), 1, 1);

    assertThat(settings.optionsOf("sea")).containsExactly(Map.entry("k", "7"));
    assertThat(settings.optionsOf("linear")).isEmpty();
  }

  @Test
  void the_defaults_are_valid() {
    assertThat(ComparisonSettings.defaults().teacher()).isEqualTo("softmax");
  }
}
