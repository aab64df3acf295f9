package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OrthogonalFeaturesTest {

  private static final int F = 17;
  private static final int D = 7;

  private final double[] projection =
      Initializer.orthogonalFeatures().values(Shape.of(F, D), new SplittableRandom(11));

  @Test
  void rows_of_one_block_are_orthogonal() {
    for (int row = 0; row < F; row++) {
      for (int other = row + 1; other < Math.min(F, (row / D + 1) * D); other++) {
        assertThat(dot(row, other)).as("row %d by row %d", row, other).isCloseTo(0, within(1e-12));
      }
    }
  }

  @Test
  void rows_of_different_blocks_are_drawn_independently() {
    assertThat(dot(0, D)).isNotCloseTo(0, within(1e-6));
  }

  @Test
  void rows_are_as_long_as_gaussian_vectors() {
    int draws = 4099;
    double[] many =
        Initializer.orthogonalFeatures().values(Shape.of(draws, D), new SplittableRandom(13));
    double meanSquare = 0;
    for (double value : many) {
      meanSquare += value * value / many.length;
    }

    assertThat(meanSquare).isCloseTo(1, within(0.05));
  }

  @Test
  void equal_seeds_give_equal_features() {
    assertThat(Initializer.orthogonalFeatures().values(Shape.of(F, D), new SplittableRandom(11)))
        .containsExactly(projection);
  }

  @Test
  void a_shape_other_than_features_by_head_size_is_refused() {
    assertThatThrownBy(
            () -> Initializer.orthogonalFeatures().values(Shape.of(F), new SplittableRandom(11)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[F, D]")
        .hasMessageContaining("[17]");
  }

  private double dot(int row, int other) {
    double sum = 0;
    for (int d = 0; d < D; d++) {
      sum += projection[row * D + d] * projection[other * D + d];
    }
    return sum;
  }
}
