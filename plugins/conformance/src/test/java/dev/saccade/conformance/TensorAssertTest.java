package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class TensorAssertTest {

  private static final TensorValues TENSOR = TensorValues.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);

  @BeforeAll
  static void start_the_platform() {
    AttentionMechanismConformance.start_the_platform();
  }

  private static TensorValues with(int flat, double value) {
    double[] values = TENSOR.toArray();
    values[flat] = value;
    return TensorValues.of(values, TENSOR.shape());
  }

  private static void fails(ThrowingCallable assertion, String... parts) {
    assertThatExceptionOfType(AssertionError.class)
        .isThrownBy(assertion)
        .withMessageContainingAll(parts);
  }

  @Test
  void a_tensor_has_its_shape_and_its_own_bits() {
    assertThatCode(
            () ->
                assertThatTensor(TENSOR)
                    .hasShape(2, 3)
                    .isFinite()
                    .varies()
                    .hasBitsOf(TENSOR)
                    .isCloseTo(TENSOR, 0))
        .doesNotThrowAnyException();
  }

  @Test
  void another_shape_fails_with_both() {
    fails(() -> assertThatTensor(TENSOR).hasShape(3, 2), "[3, 2]", "[2, 3]");
  }

  @Test
  void equal_numbers_in_another_shape_are_not_close() {
    TensorValues flat = TensorValues.of(TENSOR.toArray(), 6);

    fails(() -> assertThatTensor(TENSOR).isCloseTo(flat, 100), "[6]", "[2, 3]");
  }

  @Test
  void the_worst_element_is_named_with_both_values() {
    TensorValues expected = with(4, 5.5);

    fails(
        () -> assertThatTensor(TENSOR).isCloseTo(expected, 0.25),
        "1 of 6 elements",
        "[1, 1]",
        "expected 5.5 but was 5.0");
  }

  @Test
  void a_difference_of_the_tolerance_is_close() {
    assertThatCode(() -> assertThatTensor(TENSOR).isCloseTo(with(4, 5.25), 0.25))
        .doesNotThrowAnyException();
  }

  @Test
  void a_nan_is_close_to_nothing() {
    TensorValues nan = with(2, Double.NaN);

    fails(() -> assertThatTensor(nan).isCloseTo(TENSOR, 1e9), "[0, 2]", "NaN");
    fails(() -> assertThatTensor(TENSOR).isCloseTo(nan, 1e9), "[0, 2]", "NaN");
    fails(() -> assertThatTensor(nan).isCloseTo(nan, 1e9), "[0, 2]", "NaN");
  }

  @Test
  void an_infinity_is_close_to_itself_only() {
    TensorValues infinite = with(2, Double.POSITIVE_INFINITY);

    assertThatCode(() -> assertThatTensor(infinite).isCloseTo(infinite, 0))
        .doesNotThrowAnyException();
    fails(() -> assertThatTensor(infinite).isCloseTo(TENSOR, 1e300), "Infinity");
  }

  @Test
  void what_is_not_finite_is_named() {
    fails(
        () -> assertThatTensor(with(5, Double.NEGATIVE_INFINITY)).isFinite(),
        "[1, 2]",
        "-Infinity");
    fails(() -> assertThatTensor(with(0, Double.NaN)).isFinite(), "[0, 0]", "NaN");
  }

  @Test
  void one_bit_is_a_difference_of_bits() {
    TensorValues next = with(3, Math.nextUp(4.0));

    fails(() -> assertThatTensor(TENSOR).hasBitsOf(next), "1 of 6", "[1, 0]", "4.000000000000001");
  }

  @Test
  void zero_and_minus_zero_are_zero_but_differ_in_bits() {
    TensorValues zero = TENSOR.map(x -> 0);
    TensorValues minusZero = TENSOR.map(x -> -0.0);

    assertThatCode(() -> assertThatTensor(minusZero).isZero()).doesNotThrowAnyException();
    fails(() -> assertThatTensor(minusZero).hasBitsOf(zero), "6 of 6");
    fails(() -> assertThatTensor(TENSOR).isZero(), "6 of 6 elements are not zero");
  }

  @Test
  void a_tensor_of_one_number_does_not_vary() {
    fails(() -> assertThatTensor(TENSOR.map(x -> 7)).varies(), "all 6 elements are 7.0");
  }

  @Test
  void twice_the_error_of_the_plain_computation_is_allowed_and_no_more() {
    TensorValues naive = with(1, 2.01);

    assertThatCode(() -> assertThatTensor(with(4, 5.019)).errsAtMost(2, naive, TENSOR))
        .doesNotThrowAnyException();
    fails(() -> assertThatTensor(with(4, 5.021)).errsAtMost(2, naive, TENSOR), "[1, 1]");
  }

  @Test
  void one_unit_in_the_last_place_is_allowed_where_the_plain_computation_is_exact() {
    double ulp = Math.ulp(6f);

    assertThatCode(() -> assertThatTensor(with(5, 6 + ulp)).errsAtMost(2, TENSOR, TENSOR))
        .doesNotThrowAnyException();
    fails(() -> assertThatTensor(with(5, 6 + 2 * ulp)).errsAtMost(2, TENSOR, TENSOR), "[1, 2]");
  }

  @Test
  void arrays_are_read_in_the_order_of_their_axes_whatever_their_strides() {
    INDArray columns = Nd4j.createFromArray(new float[][] {{1, 4}, {2, 5}, {3, 6}});

    assertThatTensor(columns.transpose())
        .hasBitsOf(TENSOR)
        .isCloseTo(TENSOR.toArray(columns.dataType()), 0);
    columns.close();
  }
}
