package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.option.OptionException;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class TopKOracleAttentionTest {

  private static final int H = 2;
  private static final int D = 3;
  private static final int T = 13;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64).withMasking(Masking.CAUSAL);

  private static final LayerSize SIZE = LayerSize.self(1, T);

  private final Inputs inputs = Inputs.random(SPEC, SIZE, 1, null);

  @Test
  void keeps_the_k_greatest_weights_of_softmax_and_scales_them_up_to_one() {
    int k = 4;
    try (LayerTrial oracle = trial(k);
        LayerTrial softmax =
            new LayerTrial(new SoftmaxAttention(), SPEC, Map.of(), SIZE, Probe.ATTENTION)) {
      INDArray all = softmax.show(inputs, Probe.ATTENTION);
      INDArray kept = oracle.show(inputs, Probe.KEPT);
      INDArray weights = oracle.show(inputs, Probe.ATTENTION);

      for (int t = 0; t < T; t++) {
        double sum = 0;
        for (int s = 0; s <= t; s++) {
          int greater = 0;
          for (int other = 0; other <= t; other++) {
            greater += all.getDouble(0, 1, t, other) > all.getDouble(0, 1, t, s) ? 1 : 0;
          }
          assertThat(kept.getDouble(0, 1, t, s)).isEqualTo(greater < k ? 1 : 0);
          assertThat(weights.getDouble(0, 1, t, s) > 0).isEqualTo(greater < k);
          sum += weights.getDouble(0, 1, t, s);
        }
        assertThat(sum).isBetween(1 - 1e-12, 1 + 1e-12);
      }
    }
  }

  @Test
  void k_can_be_changed_on_a_built_layer_up_to_softmax() {
    try (LayerTrial oracle = trial(1);
        LayerTrial softmax = new LayerTrial(new SoftmaxAttention(), SPEC, Map.of(), SIZE)) {
      assertThat(oracle.show(inputs, Probe.KEPT).sumNumber().intValue()).isEqualTo(H * T);

      oracle.withOption(TopKOracleAttention.KEPT, "13");

      assertClose("context", oracle.context(inputs), softmax.context(inputs), 1e-12);
    }
  }

  @Test
  void k_of_zero_is_refused_with_the_range() {
    assertThatThrownBy(() -> Options.parse(new TopKOracleAttention().options(), Map.of("k", "0")))
        .isInstanceOf(OptionException.class)
        .hasMessageContaining("option k must be a whole number within 1 … 65536 but is 0");
  }

  private static LayerTrial trial(int k) {
    return new LayerTrial(
        new TopKOracleAttention(),
        SPEC,
        Map.of("k", String.valueOf(k)),
        SIZE,
        Probe.ATTENTION,
        Probe.KEPT);
  }
}
