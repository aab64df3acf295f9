package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerTrial.gaussian;
import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.plugins.baselines.fused.FlashKernel;
import dev.saccade.runtime.attention.LayerSize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What is true of flash alone; {@link FusedKernelTest} tries its kernels. */
class FlashAttentionTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 5;

  @Test
  void a_key_head_serves_its_group_of_query_heads() {
    int kvHeads = 2;
    int group = 3;
    AttentionSpec spec =
        AttentionSpec.multiHead(kvHeads * group, D)
            .withKvHeads(kvHeads)
            .withMasking(Masking.CAUSAL);
    LayerSize size = LayerSize.self(B, 33);
    Inputs grouped = Inputs.random(spec, size, 9, null);
    Inputs repeated =
        new Inputs(
            grouped.query(), repeat(grouped.key(), group), repeat(grouped.value(), group), null);

    Map<String, INDArray> flash = compute(new FlashAttention(), spec, size, grouped);
    Map<String, INDArray> softmax =
        compute(new SoftmaxAttention(), spec.withKvHeads(kvHeads * group), size, repeated);

    softmax.forEach(
        (name, expected) -> {
          boolean ofKeys = name.equals("key") || name.equals("value");
          assertClose(
              name,
              Objects.requireNonNull(flash.get(name)),
              ofKeys ? summed(expected, kvHeads, group) : expected,
              1e-5);
        });
  }

  private static @Nullable INDArray real(Masking masking, int keys) {
    if (!masking.padded()) {
      return null;
    }
    double[][] real = new double[B][keys];
    for (int s = 1; s < keys - 1; s++) {
      real[0][s] = s % 3 == 0 ? 0 : 1;
    }
    return Nd4j.createFromArray(real);
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void shows_the_weights_that_it_never_holds(Masking masking) {
    int kvHeads = 2;
    AttentionSpec spec =
        AttentionSpec.multiHead(3 * kvHeads, D)
            .withKvHeads(kvHeads)
            .withMasking(masking)
            .withElementType(ElementType.F64);
    LayerSize size = LayerSize.self(B, 31);
    Inputs inputs = Inputs.random(spec, size, 11, real(masking, 31));

    try (LayerTrial flash =
        new LayerTrial(new FlashAttention(), spec, Map.of(), size, Probe.ATTENTION)) {
      INDArray weights = flash.show(inputs, Probe.ATTENTION); // [B, H, T, S]
      INDArray everyHead = // [B, H, S, D]; a key head serves three query heads
          inputs.value().repeat(1, 3);
      assertClose(
          "weights times values", Nd4j.matmul(weights, everyHead), flash.context(inputs), 1e-12);
    }
  }

  @Test
  void the_last_keys_can_be_greater_than_all_before_by_any_factor() {
    AttentionSpec spec = AttentionSpec.multiHead(1, D);
    LayerSize size = LayerSize.self(1, 207);
    Inputs inputs = Inputs.random(spec, size, 10, null);
    for (int s = 0; s < 207; s++) {
      for (int d = 0; d < D; d++) {
        inputs.key().putScalar(new int[] {0, 0, s, d}, s * 3.0);
        inputs.query().putScalar(new int[] {0, 0, s, d}, 10);
      }
    }

    INDArray context =
        Objects.requireNonNull(compute(new FlashAttention(), spec, size, inputs).get("context"));

    for (int t = 0; t < 207; t++) {
      for (int d = 0; d < D; d++) {
        assertThat(context.getDouble(0, 0, t, d))
            .isEqualTo((float) inputs.value().getDouble(0, 0, 206, d));
      }
    }
  }

  @Test
  void memory_grows_by_the_outputs() {
    long first = 1024;
    long second = 2048;

    Peak ofFirst = Peak.of(first);
    Peak ofSecond = Peak.of(second);

    // The context, and two numbers a query; what threads work in does not grow.
    assertThat((ofSecond.forward() - ofFirst.forward()) / (second - first))
        .isLessThanOrEqualTo(4L * H * (D + 2));
    // Inputs, outputs and a gradient of each, and what the loss needs: no T×S.
    assertThat((ofSecond.training() - ofFirst.training()) / (second - first))
        .isLessThanOrEqualTo(4L * H * 12 * D);
  }

  /** The most native memory that a layer of some length holds at once. */
  private record Peak(long forward, long training) {

    static Peak of(long length) {
      AttentionSpec spec = AttentionSpec.multiHead(H, D).withMaxPositions((int) length);
      LayerSize size = LayerSize.self(1, length);
      Inputs inputs = Inputs.random(spec, size, 12, null);
      try (LayerTrial layer = new LayerTrial(new FlashAttention(), spec, Map.of(), size)) {
        layer.context(inputs);
        long forward = layer.peakBytes();
        layer.gradients(inputs, gaussian(new SplittableRandom(1), 1, H, length, D));
        return new Peak(forward, layer.peakBytes());
      }
    }
  }

  @Test
  void refuses_shapes_that_do_not_fit_by_name() {
    KernelRequest request =
        new KernelRequest(
            List.of(Shape.of(2, 3, 7, 5), Shape.of(2, 3, 11, 5), Shape.of(2, 3, 5, 11)),
            ElementType.F32,
            KernelArguments.none());

    assertThatThrownBy(() -> FlashKernel.fastestFirst().get(0).outputShapes(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value must be [B, K, S, D] = [2, 3, 11, 5] but is [2, 3, 5, 11]");
  }

  /** The context, and the gradients of query, key and value. */
  private static Map<String, INDArray> compute(
      AttentionMechanism mechanism, AttentionSpec spec, LayerSize size, Inputs inputs) {
    try (LayerTrial layer = new LayerTrial(mechanism, spec, Map.of(), size)) {
      Map<String, INDArray> computed = new LinkedHashMap<>();
      computed.put("context", layer.context(inputs));
      INDArray weighing = gaussian(new SplittableRandom(5), inputs.query().shape());
      computed.putAll(layer.gradients(inputs, weighing.castTo(inputs.query().dataType())));
      return computed;
    }
  }

  /** {@code [B, K, S, D]} with every head {@code group} times in a row. */
  private static INDArray repeat(INDArray x, int group) {
    return x.repeat(1, group);
  }

  /** The sum over every {@code group} heads in a row. */
  private static INDArray summed(INDArray x, int kvHeads, int group) {
    long[] shape = x.shape();
    return x.dup('c').reshape(shape[0], kvHeads, group, shape[2], shape[3]).sum(2);
  }
}
