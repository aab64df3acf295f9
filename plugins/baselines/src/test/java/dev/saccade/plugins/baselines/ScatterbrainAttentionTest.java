package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.Source;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ScatterbrainAttentionTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 13;
  private static final int D = 5;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);
  private static final LayerSize SIZE = LayerSize.self(B, T);
  private static final Map<String, String> OPTIONS = Map.of("bucket", "2", "hashes", "3");

  private final ScatterbrainAttention scatterbrain = new ScatterbrainAttention();

  @ParameterizedTest
  @EnumSource(Masking.class)
  void gradients_are_finite_differences(Masking masking) {
    try (LayerTrial layer =
        new LayerTrial(scatterbrain, SPEC.withMasking(masking), OPTIONS, SIZE)) {
      layer.assertGradients(inputs(masking));
    }
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void weights_sum_to_two_and_give_the_context(Masking masking) {
    LayerTrial.Inputs inputs = inputs(masking);

    try (LayerTrial layer =
        new LayerTrial(scatterbrain, SPEC.withMasking(masking), OPTIONS, SIZE, Probe.ATTENTION)) {
      Map<String, INDArray> seen = layer.run(inputs);
      INDArray weights = Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION)));
      INDArray context = Objects.requireNonNull(seen.get(SingleLayer.CONTEXT));

      assertClose("context", Nd4j.matmul(weights, inputs.value()), context, 1e-12);
      assertThat(weights.slice(0).slice(0).getRow(T - 1).sumNumber().doubleValue())
          .isBetween(1.999, 2.001);
    }
  }

  @Test
  void brings_the_rotations_of_one_and_the_features_of_the_other() {
    Options options = Options.defaults(scatterbrain.options());

    assertThat(scatterbrain.layer(SPEC, options).parameters())
        .extracting(Parameter::name)
        .containsExactly(ReformerLayer.ROTATIONS, PerformerLayer.PROJECTION);
  }

  @Test
  void refuses_with_the_reasons_of_both_and_each_once() {
    AttentionSpec spec = AttentionSpec.multiHead(4, 1).withKvHeads(2).withSource(Source.CROSS);
    Options options = Options.defaults(scatterbrain.options());

    assertThat(scatterbrain.check(spec, options).reasons())
        .hasSize(3)
        .anySatisfy(reason -> assertThat(reason).contains("CROSS is not one of [SELF]"))
        .anySatisfy(reason -> assertThat(reason).contains("heads=4, kvHeads=2"))
        .anySatisfy(reason -> assertThat(reason).contains("headSize=1"));
  }

  private static LayerTrial.Inputs inputs(Masking masking) {
    INDArray real = Nd4j.ones(DataType.DOUBLE, B, T);
    for (int t = 10; t < T; t++) {
      real.putScalar(1, t, 0);
    }
    return LayerTrial.Inputs.random(SPEC, SIZE, 7, masking.padded() ? real : null);
  }
}
