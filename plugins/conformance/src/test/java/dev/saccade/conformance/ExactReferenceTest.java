package dev.saccade.conformance;

import static dev.saccade.conformance.TensorAssert.assertThatTensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.runtime.attention.LayerSize;
import org.junit.jupiter.api.Test;

class ExactReferenceTest {

  /** One head of one feature, so that weights can be written down. */
  private static final AttentionSpec SPEC = AttentionSpec.multiHead(1, 1);

  private static TensorValues column(double... values) {
    return TensorValues.of(values, 1, 1, values.length, 1);
  }

  private static LayerInputs inputs(double... real) {
    return new LayerInputs(
        column(1, 0, 2),
        column(0, Math.log(3), 0),
        column(4, 8, 12),
        real.length == 0 ? null : TensorValues.of(real, 1, real.length));
  }

  @Test
  void keys_weigh_by_the_exponential_of_their_match() {
    ExactReference exact = ExactReference.of(SPEC, inputs());

    // Weights 1 : 3 : 1, then all alike, then 1 : 9 : 1.
    assertThatTensor(exact.context()).isCloseTo(column(40 / 5.0, 24 / 3.0, 88 / 11.0), 1e-14);
    assertThatTensor(exact.weights().slice(2, 0, 1))
        .isCloseTo(TensorValues.of(new double[] {0.2, 0.6, 0.2}, 1, 1, 1, 3), 1e-15);
  }

  @Test
  void a_causal_query_sees_itself_and_what_was_before() {
    ExactReference exact = ExactReference.of(SPEC.withMasking(Masking.CAUSAL), inputs());

    assertThatTensor(exact.context()).isCloseTo(column(4, 6, 88 / 11.0), 1e-14);
  }

  @Test
  void a_query_that_sees_nothing_gets_zero() {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL_PADDING);

    ExactReference exact = ExactReference.of(spec, inputs(0, 1, 1));

    assertThat(exact.context().at(0)).isZero();
    assertThat(exact.context().at(1)).isEqualTo(8);
  }

  @Test
  void query_heads_in_a_row_share_a_key_head() {
    AttentionSpec spec = AttentionSpec.multiHead(4, 1).withKvHeads(2);
    LayerInputs inputs = LayerInputs.gaussian(spec, LayerSize.self(1, 1), 3);

    ExactReference exact = ExactReference.of(spec, inputs);

    double first = inputs.value().at(0);
    double second = inputs.value().at(1);
    assertThat(exact.context().toArray()).containsExactly(first, first, second, second);
  }

  @Test
  void in_float_it_errs_by_float_rounding() {
    AttentionSpec spec = AttentionSpec.multiHead(3, 7);
    LayerInputs inputs = LayerInputs.gaussian(spec, LayerSize.self(2, 13), 5);

    double error =
        ExactReference.inFloat(spec, inputs)
            .context()
            .distance(ExactReference.of(spec, inputs).context());

    assertThat(error).isBetween(1e-9, 1e-5);
  }
}
