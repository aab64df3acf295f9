package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.worst;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class PerformerAttentionTest {

  private static final int H = 2;
  private static final int D = 7;
  private static final int T = 67;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);

  private final PerformerAttention performer = new PerformerAttention();

  @ParameterizedTest
  @EnumSource(
      value = Masking.class,
      names = {"NONE", "CAUSAL"})
  void more_features_come_nearer_to_softmax(Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(1, T);
    Inputs random = Inputs.random(spec, size, 1, null);
    // Halved: the variance of the estimate grows with exp(|q + k|²).
    Inputs inputs =
        new Inputs(random.query().mul(0.5), random.key().mul(0.5), random.value(), null);

    try (LayerTrial few = trial(spec, size, "2.0"); // 6 features
        LayerTrial many = trial(spec, size, "0.0625"); // 217
        LayerTrial softmax = new LayerTrial(new SoftmaxAttention(), spec, Map.of(), size)) {
      INDArray exact = softmax.context(inputs);
      double ofMany = meanSquare(many.context(inputs), exact);
      assertThat(ofMany).isLessThan(meanSquare(few.context(inputs), exact) / 4);
      assertThat(ofMany).isLessThan(0.05 * meanSquare(exact, exact.mul(0)));
    }
  }

  @Test
  void the_published_shift_lets_later_keys_show_and_ours_does_not() {
    AttentionSpec spec = SPEC.withMasking(Masking.CAUSAL);
    LayerSize size = LayerSize.self(1, T);
    Inputs inputs = Inputs.random(spec, size, 2, null);
    INDArray key = inputs.key().dup('c');
    for (int d = 0; d < D; d++) {
      key.putScalar(new int[] {0, 0, T - 1, d}, 5);
    }
    Inputs changed = new Inputs(inputs.query(), key, inputs.value(), null);

    assertThat(changeOfFirstRow(spec, size, "true", inputs, changed)).isGreaterThan(1e-6);
    assertThat(changeOfFirstRow(spec, size, "false", inputs, changed)).isZero();
  }

  @Test
  void its_features_are_redrawn_as_often_as_asked_for() {
    Options options =
        Options.parse(
            performer.options(), Map.of("redraw-interval", "31", "feature-divisor", "0.5"));

    Parameter projection = performer.layer(SPEC, options).parameters().get(0);

    assertThat(projection.update()).isEqualTo(new Parameter.Redrawn(31));
    assertThat(projection.shape()).isEqualTo(Shape.of(27, D)); // 7·ln 7 / 0.5 is 27.2
  }

  @Test
  void refuses_a_divisor_that_leaves_no_random_feature() {
    Options options = Options.parse(performer.options(), Map.of("feature-divisor", "64"));

    assertThat(performer.check(SPEC, options).reasons())
        .containsExactly(
            "there must be at least one random feature, headSize·ln(headSize) / feature-divisor:"
                + " headSize=7, feature-divisor=64.0");
  }

  private double changeOfFirstRow(
      AttentionSpec spec, LayerSize size, String peeking, Inputs inputs, Inputs changed) {
    try (LayerTrial layer =
        new LayerTrial(performer, spec, Map.of("peeking-shift", peeking), size)) {
      INDArray before = layer.context(inputs);
      INDArray after = layer.context(changed);
      return worst("first row", row(after, 5), row(before, 5));
    }
  }

  private static INDArray row(INDArray context, int position) {
    return context.slice(0).slice(0).slice(position).dup('c');
  }

  private LayerTrial trial(AttentionSpec spec, LayerSize size, String divisor) {
    return new LayerTrial(performer, spec, Map.of("feature-divisor", divisor), size);
  }

  private static double meanSquare(INDArray a, INDArray b) {
    INDArray difference = a.sub(b);
    return difference.mul(difference).meanNumber().doubleValue();
  }
}
