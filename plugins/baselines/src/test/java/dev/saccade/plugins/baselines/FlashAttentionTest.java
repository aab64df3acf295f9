package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerTrial.gaussian;
import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static dev.saccade.plugins.baselines.TensorDifference.greatest;
import static dev.saccade.plugins.baselines.TensorDifference.worst;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.api.Source;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.plugins.baselines.LayerTrial.Inputs;
import dev.saccade.runtime.attention.LayerSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The kernel against the softmax recipe, in value and gradient. */
class FlashAttentionTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int D = 5;

  /** Of each tile and block one less, as many, one more; and several of them. */
  private static final List<Integer> LENGTHS = List.of(1, 31, 32, 33, 207);

  static Stream<Arguments> sizesAndMaskings() {
    List<Arguments> trials = new ArrayList<>();
    for (int queries : LENGTHS) {
      for (int keys : LENGTHS) {
        for (Masking masking : Masking.values()) {
          if (queries == keys || !masking.causal()) {
            trials.add(Arguments.of(queries, keys, masking));
          }
        }
      }
    }
    return trials.stream();
  }

  @ParameterizedTest
  @MethodSource("sizesAndMaskings")
  void equals_softmax_in_double_precision(int queries, int keys, Masking masking) {
    AttentionSpec spec = spec(queries == keys, masking).withElementType(ElementType.F64);
    LayerSize size = new LayerSize(B, queries, keys);
    Inputs inputs = Inputs.random(spec, size, 7, real(masking, keys));

    Map<String, INDArray> flash = compute(new FlashAttention(), spec, size, inputs);
    Map<String, INDArray> softmax = compute(new SoftmaxAttention(), spec, size, inputs);

    assertThat(flash.keySet()).isEqualTo(softmax.keySet()).hasSize(4);
    softmax.forEach(
        (name, expected) ->
            assertClose(name, Objects.requireNonNull(flash.get(name)), expected, 1e-12));
  }

  @ParameterizedTest
  @MethodSource("sizesAndMaskings")
  void errs_at_most_twice_as_much_as_softmax_in_single_precision(
      int queries, int keys, Masking masking) {
    AttentionSpec spec = spec(queries == keys, masking);
    LayerSize size = new LayerSize(B, queries, keys);
    // Rounded to floats first, so that all three compute from the same numbers.
    Inputs inputs = Inputs.random(spec, size, 8, real(masking, keys)).rounded();

    Map<String, INDArray> flash = compute(new FlashAttention(), spec, size, inputs);
    Map<String, INDArray> softmax = compute(new SoftmaxAttention(), spec, size, inputs);
    Map<String, INDArray> oracle =
        compute(new SoftmaxAttention(), spec.withElementType(ElementType.F64), size, inputs);

    oracle.forEach(
        (name, expected) -> {
          double plain = worst(name, Objects.requireNonNull(softmax.get(name)), expected);
          double rounding = Math.ulp((float) greatest(expected));
          assertClose(
              name, Objects.requireNonNull(flash.get(name)), expected, 2 * plain + rounding);
        });
  }

  @Test
  void a_key_head_serves_its_group_of_query_heads() {
    int kvHeads = 2;
    int group = 3;
    AttentionSpec spec =
        AttentionSpec.multiHead(kvHeads * group, D)
            .withKvHeads(kvHeads)
            .withMasking(Masking.CAUSAL)
            .withElementType(ElementType.F64);
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
              1e-12);
        });
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

  @ParameterizedTest
  @ValueSource(ints = {256, 512, 1024})
  void memory_is_that_of_the_outputs(int length) {
    AttentionSpec spec = AttentionSpec.multiHead(H, D).withMaxPositions(length);
    LayerSize size = LayerSize.self(1, length);
    Inputs inputs = Inputs.random(spec, size, 12, null);

    try (LayerTrial layer = new LayerTrial(new FlashAttention(), spec, Map.of(), size)) {
      layer.context(inputs);
      long perPosition = layer.peakBytes() / length;
      assertThat(perPosition).isLessThanOrEqualTo(4L * H * (2 * D + 1) + 64);
      layer.gradients(inputs, gaussian(new SplittableRandom(1), 1, H, length, D));
      // Inputs, outputs and a gradient of each, and what the loss needs: no T×S.
      assertThat(layer.peakBytes() / length).isLessThanOrEqualTo(4L * H * 12 * D);
    }
  }

  @Test
  void equal_inputs_give_equal_bits() {
    AttentionSpec spec = spec(true, Masking.CAUSAL_PADDING);
    LayerSize size = LayerSize.self(B, 207);
    Inputs inputs = Inputs.random(spec, size, 14, real(Masking.PADDING, 207));

    Map<String, INDArray> first = compute(new FlashAttention(), spec, size, inputs);
    Map<String, INDArray> second = compute(new FlashAttention(), spec, size, inputs);

    first.forEach(
        (name, array) -> assertThat(Objects.requireNonNull(second.get(name))).isEqualTo(array));
  }

  @Test
  void refuses_shapes_that_do_not_fit_by_name() {
    KernelRequest request =
        new KernelRequest(
            List.of(Shape.of(2, 3, 7, 5), Shape.of(2, 3, 11, 5), Shape.of(2, 3, 5, 11)),
            ElementType.F32,
            KernelArguments.none());

    assertThatThrownBy(() -> new FlashKernel().outputShapes(request))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value must be [B, K, S, D] = [2, 3, 11, 5] but is [2, 3, 5, 11]");
  }

  private static AttentionSpec spec(boolean self, Masking masking) {
    return AttentionSpec.multiHead(H, D)
        .withSource(self ? Source.SELF : Source.CROSS)
        .withMasking(masking);
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

  /** Sequence 0 has its first, its last and every third key hidden; sequence 1 has none left. */
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
