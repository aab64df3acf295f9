package dev.saccade.runtime.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class AxisTest {

  private static List<String> texts(Axis axis) {
    return axis.ticks().stream().map(axis::text).toList();
  }

  @Test
  void powers_of_ten_enclose_the_values() {
    Axis axis = Axis.powersOfTen("ms", 0.03, 100);

    assertThat(texts(axis)).containsExactly("0.0100", "0.100", "1", "10", "100", "1,000");
    assertThat(axis.part(10)).isCloseTo(3 / 5.0, within(1e-12));
  }

  @Test
  void linear_ticks_are_round_and_enclose_the_values() {
    assertThat(texts(Axis.linear("loss", 2.13, 4.71)))
        .containsExactly("2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0");
    assertThat(texts(Axis.linear("steps", 0, 12_345)))
        .containsExactly("0", "2,000", "4,000", "6,000", "8,000", "10,000", "12,000", "14,000");
    assertThat(texts(Axis.linear("loss", 0.0012, 0.0023)))
        .contains("0.0012", "0.0020")
        .hasSizeBetween(4, 9);
  }

  @Test
  void a_single_value_has_an_axis_around_it() {
    Axis axis = Axis.linear("loss", 3, 3);

    assertThat(axis.part(3)).isBetween(0.0, 1.0);
    assertThat(axis.ticks()).hasSizeBetween(2, 9);
  }
}
