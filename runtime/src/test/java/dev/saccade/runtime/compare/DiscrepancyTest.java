package dev.saccade.runtime.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class DiscrepancyTest {

  private final Discrepancy discrepancy = new Discrepancy();

  @Test
  void equal_vectors_have_no_error_and_one_direction() {
    discrepancy.add(new float[] {1, 2, 3, 4}, new float[] {1, 2, 3, 4}, 0, 2);
    discrepancy.add(new float[] {1, 2, 3, 4}, new float[] {1, 2, 3, 4}, 2, 2);

    assertThat(discrepancy.relativeError()).isZero();
    assertThat(discrepancy.meanCosine()).isCloseTo(1, within(1e-15));
  }

  @Test
  void the_error_is_relative_to_all_that_was_expected() {
    discrepancy.add(new float[] {3, 0}, new float[] {3, 1}, 0, 2);
    discrepancy.add(new float[] {0, 4}, new float[] {2, 4}, 0, 2);

    assertThat(discrepancy.relativeError()).isCloseTo(Math.sqrt(5) / 5, within(1e-15));
  }

  @Test
  void cosines_are_averaged_over_vectors() {
    discrepancy.add(new float[] {1, 0}, new float[] {7, 0}, 0, 2);
    discrepancy.add(new float[] {1, 0}, new float[] {0, 3}, 0, 2);
    discrepancy.add(new float[] {1, 0}, new float[] {-5, 0}, 0, 2);
    discrepancy.add(new float[] {1, 0}, new float[] {0, 0}, 0, 2);

    assertThat(discrepancy.meanCosine()).isCloseTo(0, within(1e-15));
  }

  @Test
  void only_the_given_stretch_counts() {
    discrepancy.add(new float[] {9, 1, 2, 9}, new float[] {0, 1, 2, 0}, 1, 2);

    assertThat(discrepancy.relativeError()).isZero();
  }

  @Test
  void what_is_not_finite_shows() {
    discrepancy.add(new float[] {1, 2}, new float[] {Float.NaN, 2}, 0, 2);
    Discrepancy infinite = new Discrepancy();
    infinite.add(new float[] {1, 2}, new float[] {Float.POSITIVE_INFINITY, 2}, 0, 2);

    assertThat(discrepancy.relativeError()).isNaN();
    assertThat(infinite.relativeError()).isInfinite();
  }
}
