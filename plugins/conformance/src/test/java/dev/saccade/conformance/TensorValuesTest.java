package dev.saccade.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class TensorValuesTest {

  /** Element [i, j, k] is 100·i + 10·j + k. */
  private static final TensorValues TENSOR =
      TensorValues.of(new double[30], 2, 3, 5).changed(at -> true, x -> 0);

  private static TensorValues numbered() {
    double[] values = new double[TENSOR.length()];
    for (int flat = 0; flat < values.length; flat++) {
      long[] at = TENSOR.indexOf(flat);
      values[flat] = 100 * at[0] + 10 * at[1] + at[2];
    }
    return TensorValues.of(values, TENSOR.shape());
  }

  @Test
  void a_slice_takes_a_part_of_one_axis() {
    TensorValues slice = numbered().slice(1, 1, 3);

    assertThat(slice.shape()).containsExactly(2, 2, 5);
    assertThat(slice.toArray())
        .containsExactly(
            10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 110, 111, 112, 113, 114, 120, 121, 122, 123,
            124);
  }

  @Test
  void slices_join_to_the_whole_along_every_axis() {
    for (int axis = 0; axis < 3; axis++) {
      int size = numbered().size(axis);

      TensorValues joined =
          TensorValues.joined(
              axis, List.of(numbered().slice(axis, 0, 1), numbered().slice(axis, 1, size)));

      assertThat(joined).isEqualTo(numbered());
    }
  }

  @Test
  void a_change_reaches_the_chosen_indices_only() {
    TensorValues changed = numbered().changed(at -> at[2] == 3 && at[0] == 1, x -> -x);

    assertThat(changed.slice(0, 0, 1)).isEqualTo(numbered().slice(0, 0, 1));
    assertThat(changed.slice(0, 1, 2).slice(2, 3, 4).toArray()).containsExactly(-103, -113, -123);
  }

  @Test
  void the_distance_to_a_nan_is_infinite() {
    TensorValues nan = numbered().changed(at -> at[2] == 3, x -> Double.NaN);

    assertThat(numbered().distance(nan)).isInfinite();
    assertThat(numbered().distance(numbered().map(x -> x + 0.5))).isEqualTo(0.5);
  }

  @Test
  void numbers_that_do_not_fill_the_shape_are_refused_with_both() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TensorValues.of(new double[7], 2, 3))
        .withMessageContainingAll("[2, 3]", "6", "7");
  }

  @Test
  void what_is_handed_out_is_a_copy() {
    TensorValues tensor = numbered();

    tensor.toArray()[0] = 99;
    tensor.shape()[0] = 99;

    assertThat(tensor).isEqualTo(numbered());
  }
}
