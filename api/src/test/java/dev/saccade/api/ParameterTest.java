package dev.saccade.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParameterTest {

  private static final Shape SHAPE = Shape.of(3, 5);
  private static final Initializer ZERO = Initializer.constant(0);

  @Test
  void trained_follows_the_learning_rate_of_the_run() {
    assertThat(Parameter.trained("w", SHAPE, ZERO).update()).isEqualTo(new Parameter.Trained(1));
  }

  @Test
  void frozen_never_changes() {
    assertThat(Parameter.frozen("w", SHAPE, ZERO).update()).isEqualTo(new Parameter.Frozen());
  }

  @Test
  void with_update_changes_nothing_else() {
    Parameter redrawn = Parameter.trained("w", SHAPE, ZERO).withUpdate(new Parameter.Redrawn(1000));

    assertThat(redrawn).isEqualTo(new Parameter("w", SHAPE, ZERO, new Parameter.Redrawn(1000)));
  }

  @Test
  void a_blank_name_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Parameter.trained(" ", SHAPE, ZERO))
        .withMessage("name must not be blank");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void a_learning_rate_scale_that_cannot_train_is_refused(double scale) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Parameter.Trained(scale))
        .withMessageContaining("learningRateScale")
        .withMessageEndingWith("is " + scale);
  }

  @Test
  void redrawing_less_than_every_step_is_refused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Parameter.Redrawn(0))
        .withMessage("everySteps must be at least 1 but is 0");
  }
}
