package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RowDistanceTest {

  private static final float[] TEACHER = {0.5f, 0.25f, 0.25f};

  private final RowDistance distance = new RowDistance();

  private void add(float... student) {
    distance.add(TEACHER, student, 0, 3);
  }

  @Test
  void equal_rows_are_not_apart() {
    add(0.5f, 0.25f, 0.25f);

    assertThat(distance.meanTotalVariation()).isZero();
    assertThat(distance.meanDivergence()).isZero();
  }

  @Test
  void rows_are_compared_as_distributions() {
    add(0.25f, 0.5f, 0.25f);

    assertThat(distance.meanTotalVariation()).isCloseTo(0.25, within(1e-12));
    assertThat(distance.meanDivergence())
        .isCloseTo(0.5 * Math.log(2) + 0.25 * Math.log(0.5), within(1e-12));
  }

  @Test
  void rows_that_do_not_sum_to_one_are_scaled() {
    add(50, 25, 25);

    assertThat(distance.meanTotalVariation()).isCloseTo(0, within(1e-12));
    assertThat(distance.meanDivergence()).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_row_of_zeros_is_disjoint_and_infinitely_divergent() {
    add(0, 0, 0);

    assertThat(distance.meanTotalVariation()).isEqualTo(1);
    assertThat(distance.meanDivergence()).isNull();
  }

  @Test
  void a_key_that_is_missed_makes_the_divergence_infinite_but_not_the_distance() {
    add(0.5f, 0.5f, 0);

    assertThat(distance.meanTotalVariation()).isCloseTo(0.25, within(1e-12));
    assertThat(distance.meanDivergence()).isNull();
  }

  @Test
  void a_key_that_the_teacher_ignores_may_be_missed() {
    distance.add(new float[] {1, 0}, new float[] {1, 0}, 0, 2);

    assertThat(distance.meanDivergence()).isZero();
  }

  @Test
  void figures_are_means_over_rows() {
    add(0.5f, 0.25f, 0.25f);
    add(0, 0, 0);

    assertThat(distance.meanTotalVariation()).isEqualTo(0.5);
  }

  @Test
  void only_the_given_stretch_counts() {
    distance.add(new float[] {9, 0.5f, 0.5f, 9}, new float[] {0, 0.5f, 0.5f, 0}, 1, 2);

    assertThat(distance.meanTotalVariation()).isZero();
  }

  @Test
  void not_a_number_is_not_hidden() {
    add(Float.NaN, 0.5f, 0.5f);

    assertThat(distance.meanTotalVariation()).isNaN();
    assertThat(distance.meanDivergence()).isNull();
  }
}
