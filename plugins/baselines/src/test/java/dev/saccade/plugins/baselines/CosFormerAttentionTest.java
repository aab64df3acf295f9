package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CosFormerAttentionTest {

  private static final int T = 11;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(3, 5).withMaxPositions(T).withElementType(ElementType.F64);

  private static final Candidate BY_LENGTH = new Candidate(new CosFormerAttention(), Map.of());

  private static final Candidate BY_MODEL =
      new Candidate(new CosFormerAttention(), Map.of("horizon", "model"));

  @ParameterizedTest
  @EnumSource(Masking.class)
  void both_horizons_are_one_for_a_text_as_long_as_the_model_admits(Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(2, T);
    INDArray real = masking.padded() ? Nd4j.ones(2, T) : null;
    Inputs inputs = Inputs.random(spec, size, 11, real);

    try (LayerTrial byLength = BY_LENGTH.trial(spec, size);
        LayerTrial byModel = BY_MODEL.trial(spec, size)) {
      assertClose("context", byModel.context(inputs), byLength.context(inputs), 1e-14);
    }
  }

  @Test
  void a_text_beyond_the_models_horizon_is_refused_with_both_numbers() {
    assertThatThrownBy(() -> BY_MODEL.trial(SPEC, LayerSize.self(2, T + 2)).close())
        .hasMessage("cosformer: length 13 is above the maximum of 11");
  }
}
