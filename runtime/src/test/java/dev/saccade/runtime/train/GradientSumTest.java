package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientSumTest {

  private static final int ROWS = 2;
  private static final int COLUMNS = 3;

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static INDArray matrix(float... values) {
    return Nd4j.create(values, new long[] {ROWS, COLUMNS}, DataType.FLOAT);
  }

  private static INDArray vector(float... values) {
    return Nd4j.create(values, new long[] {values.length}, DataType.FLOAT);
  }

  private static GradientSum sum() {
    return new GradientSum(
        List.of(
            new TrainedParameter("matrix", matrix(0, 0, 0, 0, 0, 0), "all", true),
            new TrainedParameter("vector", vector(0, 0), "all", true)));
  }

  @Test
  void batches_weigh_as_much_as_they_have_positions() {
    GradientSum sum = sum();

    sum.add(List.of(matrix(1, 2, 3, 4, 5, 6), vector(10, 20)), 2);
    sum.add(List.of(matrix(6, 5, 4, 3, 2, 1), vector(40, 30)), 6);

    double scale = sum.scale();
    assertThat(sum.of(0)[0] * scale).isCloseTo((2 * 1 + 6 * 6) / 8.0, within(1e-6));
    assertThat(sum.of(0)[5] * scale).isCloseTo((2 * 6 + 6 * 1) / 8.0, within(1e-6));
    assertThat(sum.of(1)[1] * scale).isCloseTo((2 * 20 + 6 * 30) / 8.0, within(1e-5));
  }

  @Test
  void a_single_batch_is_taken_bit_for_bit() {
    GradientSum sum = sum();

    sum.add(List.of(matrix(0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f), vector(0.7f, 1e-30f)), 7);

    assertThat(sum.scale()).isEqualTo(1);
    assertThat(sum.of(0)).containsExactly(0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f);
    assertThat(sum.of(1)).containsExactly(0.7f, 1e-30f);
  }

  @Test
  void a_transposed_gradient_is_read_by_its_rows() {
    GradientSum sum = sum();
    INDArray transposed =
        Nd4j.create(new float[] {1, 4, 2, 5, 3, 6}, new long[] {COLUMNS, ROWS}, DataType.FLOAT)
            .transpose();

    sum.add(List.of(transposed, vector(0, 0)), 1);

    assertThat(sum.of(0)).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void the_norm_is_that_of_the_mean_over_all_parameters() {
    GradientSum sum = sum();
    sum.add(List.of(matrix(2, 0, 0, 0, 0, 0), vector(0, 4)), 1);

    sum.add(List.of(matrix(4, 0, 0, 0, 0, 0), vector(0, 4)), 1);

    assertThat(sum.norm()).isCloseTo(5, within(1e-9));
  }

  @Test
  void the_first_parameter_that_broke_is_known() {
    GradientSum sum = sum();
    sum.add(List.of(matrix(1, 2, 3, 4, 5, 6), vector(1e30f, Float.NaN)), 1);

    assertThat(sum.norm()).isNaN();
    assertThat(sum.firstBroken()).hasValue(1);
  }

  @Test
  void the_greatest_floats_do_not_count_as_broken() {
    GradientSum sum = sum();
    sum.add(List.of(matrix(Float.MAX_VALUE, 0, 0, 0, 0, 0), vector(Float.MAX_VALUE, 0)), 1);

    assertThat(sum.norm()).isFinite();
    assertThat(sum.firstBroken()).isEmpty();
  }

  @Test
  void nothing_stays_after_clearing() {
    GradientSum sum = sum();
    sum.add(List.of(matrix(1, 2, 3, 4, 5, 6), vector(1, 2)), 3);

    sum.clear();
    sum.add(List.of(matrix(0, 0, 0, 0, 0, 0), vector(3, 4)), 5);

    assertThat(sum.norm()).isEqualTo(5);
  }

  @Test
  void a_gradient_of_another_shape_is_refused_by_name() {
    GradientSum sum = sum();

    assertThatThrownBy(() -> sum.add(List.of(vector(1, 2), vector(1, 2)), 1))
        .hasMessageContaining("matrix [2, 3]")
        .hasMessageContaining("[2]");
  }
}
