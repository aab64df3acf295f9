package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeTest {

  private static final Shape SHAPE = Shape.of(2, 3, 5, 7);

  @Test
  void axes_count_from_the_outermost() {
    assertThat(SHAPE.rank()).isEqualTo(4);
    assertThat(SHAPE.axis(0)).isEqualTo(2);
    assertThat(SHAPE.axis(3)).isEqualTo(7);
  }

  @Test
  void elements_are_the_product_of_the_axes() {
    assertThat(SHAPE.elements()).isEqualTo(210);
  }

  @Test
  void a_scalar_has_one_element_and_an_empty_tensor_none() {
    assertThat(Shape.of().elements()).isEqualTo(1);
    assertThat(Shape.of(5, 0).elements()).isZero();
  }

  @Test
  void more_elements_than_a_long_counts_are_an_error_and_not_a_wrong_number() {
    Shape huge = Shape.of(Long.MAX_VALUE, 2);

    assertThatExceptionOfType(ArithmeticException.class).isThrownBy(huge::elements);
  }

  @Test
  void changing_the_array_that_it_hands_out_does_not_change_it() {
    SHAPE.toArray()[0] = 99;

    assertThat(SHAPE.toArray()).containsExactly(2, 3, 5, 7);
  }

  @Test
  void equal_axes_make_equal_shapes() {
    assertThat(SHAPE).isEqualTo(new Shape(List.of(2L, 3L, 5L, 7L))).hasSameHashCodeAs(SHAPE);
    assertThat(SHAPE).isNotEqualTo(Shape.of(2, 3, 7, 5));
  }

  @Test
  void reads_as_its_axes() {
    assertThat(SHAPE).hasToString("[2, 3, 5, 7]");
    assertThat(Shape.of()).hasToString("[]");
  }

  @Test
  void a_negative_axis_is_refused_with_the_whole_shape() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Shape.of(2, -1, 5))
        .withMessageContaining("[2, -1, 5]");
  }
}
