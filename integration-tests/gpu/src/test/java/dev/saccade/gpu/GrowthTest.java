package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class GrowthTest {

  private static SortedMap<Integer, Double> line(double factor, double exponent) {
    SortedMap<Integer, Double> line = new TreeMap<>();
    for (int length = 1024; length <= 16_384; length *= 2) {
      line.put(length, factor * Math.pow(length, exponent));
    }
    return line;
  }

  @Test
  void the_exponent_of_a_power_is_found() {
    assertThat(Growth.exponent(line(3, 1.7)).orElseThrow()).isCloseTo(1.7, offset(1e-12));
  }

  @Test
  void two_points_have_no_exponent() {
    assertThat(Growth.exponent(new TreeMap<>(Map.of(1, 1.0, 2, 2.0)))).isEmpty();
  }

  @Test
  void a_linear_line_crosses_a_quadratic_one_where_both_are_equal() {
    SortedMap<Integer, Double> linear = line(3000, 1);
    SortedMap<Integer, Double> quadratic = line(1, 2);

    assertThat(Growth.crossing(linear, quadratic)).isEqualTo("3,000");
    assertThat(Growth.crossing(quadratic, linear)).isEqualTo("not up to 16,384");
    assertThat(Growth.crossing(line(1, 1), quadratic)).isEqualTo("1,024 or less");
    assertThat(Growth.crossing(linear, new TreeMap<>())).isEqualTo("not compared");
  }
}
