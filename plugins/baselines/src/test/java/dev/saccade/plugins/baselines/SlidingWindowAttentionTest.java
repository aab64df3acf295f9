package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class SlidingWindowAttentionTest {

  private static final int H = 2;
  private static final int D = 3;
  private static final int T = 23;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);

  @ParameterizedTest
  @EnumSource(
      value = Masking.class,
      names = {"NONE", "CAUSAL"})
  void a_window_over_everything_is_softmax(Masking masking) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(1, T);
    Inputs inputs = Inputs.random(spec, size, 1, null);

    try (LayerTrial window =
            new LayerTrial(new SlidingWindowAttention(), spec, Map.of("window", "22"), size);
        LayerTrial softmax = new LayerTrial(new SoftmaxAttention(), spec, Map.of(), size)) {
      assertClose("context", window.context(inputs), softmax.context(inputs), 1e-12);
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE, 1, 0", "NONE, 4, 3", "NONE, 11, 23", "CAUSAL, 4, 0", "CAUSAL, 7, 3"})
  void weights_are_those_of_softmax_over_the_keys_in_sight(
      Masking masking, int window, int globals) {
    AttentionSpec spec = SPEC.withMasking(masking);
    LayerSize size = LayerSize.self(1, T);
    Inputs inputs = Inputs.random(spec, size, 2, null);
    Map<String, String> options =
        Map.of("window", String.valueOf(window), "globals", String.valueOf(globals));

    try (LayerTrial layer =
            new LayerTrial(new SlidingWindowAttention(), spec, options, size, Probe.ATTENTION);
        LayerTrial softmax =
            new LayerTrial(new SoftmaxAttention(), spec, Map.of(), size, Probe.ATTENTION)) {
      INDArray all = softmax.show(inputs, Probe.ATTENTION);
      INDArray shown = layer.show(inputs, Probe.ATTENTION);

      for (int t = 0; t < T; t++) {
        double inSight = 0;
        for (int s = 0; s < T; s++) {
          inSight += sees(t, s, window, globals) ? all.getDouble(0, 1, t, s) : 0;
        }
        for (int s = 0; s < T; s++) {
          double expected = sees(t, s, window, globals) ? all.getDouble(0, 1, t, s) / inSight : 0;
          assertThat(Math.abs(shown.getDouble(0, 1, t, s) - expected))
              .as("weight of key %d for query %d", s, t)
              .isLessThan(1e-12);
        }
      }
    }
  }

  @Test
  void memory_does_not_grow_with_the_distance_between_first_and_last() {
    assertThat(bytesPerPosition(1024)).isLessThan(1.1 * bytesPerPosition(256));
  }

  private static double bytesPerPosition(int length) {
    LayerSize size = LayerSize.self(1, length);
    AttentionSpec spec = SPEC.withMaxPositions(length);
    try (LayerTrial layer =
        new LayerTrial(new SlidingWindowAttention(), spec, Map.of("window", "16"), size)) {
      layer.context(Inputs.random(spec, size, 3, null));
      return (double) layer.peakBytes() / length;
    }
  }

  private static boolean sees(int query, int key, int window, int globals) {
    return Math.abs(query - key) <= window || query < globals || key < globals;
  }
}
