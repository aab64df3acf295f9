package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the records of a report refuse to hold. */
class RecordsTest {

  @Test
  void a_time_is_measured_or_it_is_not_there() {
    assertThatThrownBy(() -> Timing.measured(64, Double.NaN, 0, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("length=64")
        .hasMessageContaining("NaN");
    assertThatThrownBy(
            () -> new Timing(64, 1.0, 0.0, null, Timing.Status.OUT_OF_MEMORY, "a reason"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("OUT_OF_MEMORY");
  }

  @Test
  void a_spread_is_finite() {
    assertThatThrownBy(() -> Timing.measured(64, 1, Double.POSITIVE_INFINITY, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("spreadMillis=Infinity");
  }

  @Test
  void fidelity_that_is_not_a_number_is_a_failure_of_the_mechanism() {
    assertThatThrownBy(() -> new Fidelity(Double.NaN, 1, 0, null, null, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("hiddenError must be finite, or the mechanism has failed: NaN");
  }

  @Test
  void a_refusal_has_a_reason() {
    assertThatThrownBy(() -> MechanismResult.refused("mute", "1", "b", "s", Map.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name=mute");
  }

  @Test
  void weights_of_a_map_are_rounded_to_five_decimals() {
    AttentionMap map = AttentionMap.of(1, 2, new float[][] {{0.123456f, 0.876544f, 0}});

    assertThat(map.rows()).containsExactly(List.of(0.12346f, 0.87654f, 0f));
  }

  @Test
  void weights_of_a_map_are_finite() {
    assertThatThrownBy(() -> AttentionMap.of(1, 2, new float[][] {{Float.NaN}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("layer=1, head=2");
  }

  @Test
  void options_keep_the_order_of_their_schema() {
    Map<String, Object> options = new LinkedHashMap<>();
    options.put("zeta", 1);
    options.put("alpha", true);

    MechanismResult result =
        MechanismResult.refused("m", "1", "b", "s", options, List.of("a reason"));

    assertThat(result.options().keySet()).containsExactly("zeta", "alpha");
  }
}
