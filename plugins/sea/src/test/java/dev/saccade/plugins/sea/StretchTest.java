package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StretchTest {

  @Test
  void to_twice_the_size_blends_a_quarter_of_each_neighbour() {
    double[][] weights = Stretch.blend(2, 4);

    assertThat(weights).isDeepEqualTo(new double[][] {{1, 0.75, 0.25, 0}, {0, 0.25, 0.75, 1}});
  }

  @Test
  void to_one_less_moves_every_pixel_a_little() {
    double[][] weights = Stretch.blend(4, 3);

    assertThat(weights[0]).usingComparatorWithPrecision(1e-12).containsExactly(5 / 6.0, 0, 0);
    assertThat(weights[1]).usingComparatorWithPrecision(1e-12).containsExactly(1 / 6.0, 0.5, 0);
    assertThat(weights[2]).usingComparatorWithPrecision(1e-12).containsExactly(0, 0.5, 1 / 6.0);
    assertThat(weights[3]).usingComparatorWithPrecision(1e-12).containsExactly(0, 0, 5 / 6.0);
  }

  @Test
  void one_pixel_fills_everything() {
    assertThat(Stretch.blend(1, 3)).isDeepEqualTo(new double[][] {{1, 1, 1}});
  }
}
