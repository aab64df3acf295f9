package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class ReformerAttentionTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 13;
  private static final int D = 5;
  private static final double ROUNDING = 1e-12;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);
  private static final LayerSize SIZE = LayerSize.self(B, T);
  private static final Map<String, String> OPTIONS = Map.of("bucket", "2", "hashes", "3");

  private final ReformerAttention reformer = new ReformerAttention();

  @ParameterizedTest
  @CsvSource({
    "NONE, false, false",
    "PADDING, false, true",
    "CAUSAL, true, false",
    "CAUSAL_PADDING, true, true"
  })
  void gradients_are_finite_differences(Masking masking, String within, String divided) {
    Map<String, String> options =
        Map.of("bucket", "2", "hashes", "3", "within-buckets", within, "divide-repeats", divided);
    LayerTrial.Inputs inputs = inputs(masking.padded() ? real() : null);

    try (LayerTrial layer = new LayerTrial(reformer, SPEC.withMasking(masking), options, SIZE)) {
      layer.assertGradients(inputs);
    }
  }

  @Test
  void the_layers_own_keys_get_a_gradient_of_zero() {
    LayerTrial.Inputs inputs = inputs(null);

    try (LayerTrial layer = new LayerTrial(reformer, SPEC, OPTIONS, SIZE)) {
      INDArray gradient = layer.gradients(inputs, inputs.value()).get(SingleLayer.KEY);

      assertThat(TensorDifference.greatest(Objects.requireNonNull(gradient))).isZero();
    }
  }

  /** One round, whose two chunks are the sequence. */
  @Test
  void a_bucket_of_the_whole_sequence_sees_all_but_itself() {
    LayerTrial.Inputs inputs = inputs(null);

    try (LayerTrial layer =
        new LayerTrial(reformer, SPEC, Map.of("bucket", String.valueOf(T), "hashes", "1"), SIZE)) {
      INDArray context = layer.context(inputs);

      assertClose("context", context, sharedSoftmax(inputs), ROUNDING);
    }
  }

  @Test
  void float32_errs_by_its_rounding_only() {
    LayerTrial.Inputs inputs = inputs(null);

    try (LayerTrial exact = new LayerTrial(reformer, SPEC, OPTIONS, SIZE);
        LayerTrial single =
            new LayerTrial(reformer, SPEC.withElementType(ElementType.F32), OPTIONS, SIZE)) {
      INDArray context = single.context(inputs);

      assertClose("context", context, exact.context(inputs), 1e-5);
    }
  }

  @Test
  void weights_sum_to_one_and_give_the_context() {
    LayerTrial.Inputs inputs = inputs(real());

    try (LayerTrial layer =
        new LayerTrial(
            reformer, SPEC.withMasking(Masking.PADDING), OPTIONS, SIZE, Probe.ATTENTION)) {
      Map<String, INDArray> seen = layer.run(inputs);
      INDArray weights = Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION)));
      INDArray context = Objects.requireNonNull(seen.get(SingleLayer.CONTEXT));

      assertClose("sums", weights.sum(3), Nd4j.ones(weights.dataType(), B, H, T), ROUNDING);
      assertClose("context", Nd4j.matmul(weights, inputs.value()), context, ROUNDING);
    }
  }

  @Test
  void padding_takes_no_weight() {
    LayerTrial.Inputs inputs = inputs(real());

    try (LayerTrial layer =
        new LayerTrial(
            reformer, SPEC.withMasking(Masking.PADDING), OPTIONS, SIZE, Probe.ATTENTION)) {
      INDArray weights = layer.show(inputs, Probe.ATTENTION);
      INDArray onPadding = weights.mul(real().rsub(1.0).reshape(B, 1, 1, T));

      assertThat(TensorDifference.greatest(onPadding)).isZero();
    }
  }

  @Test
  void a_sequence_of_nothing_but_padding_gives_zeros() {
    INDArray real = real();
    real.putScalar(0, 0, 0);
    real.getRow(1).assign(0);
    LayerTrial.Inputs inputs = inputs(real);

    try (LayerTrial layer =
        new LayerTrial(reformer, SPEC.withMasking(Masking.PADDING), OPTIONS, SIZE)) {
      INDArray context = layer.context(inputs);

      assertThat(TensorDifference.greatest(context)).isFinite();
      assertThat(TensorDifference.greatest(context.slice(1))).isZero();
    }
  }

  @Test
  void no_later_key_takes_weight_when_causal() {
    try (LayerTrial layer =
        new LayerTrial(
            reformer, SPEC.withMasking(Masking.CAUSAL), OPTIONS, SIZE, Probe.ATTENTION)) {
      INDArray weights = layer.show(inputs(null), Probe.ATTENTION);

      for (int t = 0; t < T; t++) {
        for (int s = t + 1; s < T; s++) {
          assertThat(weights.getDouble(1, 2, t, s)).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 12})
  void a_later_position_does_not_change_an_earlier_result(int first) {
    INDArray before = contextOfChanged(OPTIONS, T, first);
    INDArray after = contextOfChanged(OPTIONS, first, first);

    assertClose("prefix", after, before, 0);
  }

  @Test
  void in_the_published_order_later_positions_decide_whom_a_query_sees() {
    Map<String, String> options = Map.of("bucket", "2", "hashes", "3", "peeking-order", "true");

    INDArray before = contextOfChanged(options, T, 7);
    INDArray after = contextOfChanged(options, 7, 7);

    assertThat(TensorDifference.worst("prefix", after, before)).isGreaterThan(0.01);
  }

  /**
   * The first rows of the causal context when everything at {@code changed} and after it is
   * another.
   */
  private INDArray contextOfChanged(Map<String, String> options, int changed, int to) {
    LayerTrial.Inputs inputs = inputs(null);
    for (INDArray x : new INDArray[] {inputs.query(), inputs.key(), inputs.value()}) {
      if (changed < T) {
        INDArray suffix = positions(x, changed, T);
        suffix.assign(LayerTrial.gaussian(new SplittableRandom(5), suffix.shape()));
      }
    }
    try (LayerTrial layer =
        new LayerTrial(reformer, SPEC.withMasking(Masking.CAUSAL), options, SIZE)) {
      return positions(layer.context(inputs), 0, to).dup();
    }
  }

  private static INDArray positions(INDArray x, int from, int to) {
    return x.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(from, to));
  }

  @Test
  void a_causal_bucket_of_the_whole_sequence_sees_all_before() {
    Map<String, String> options = Map.of("bucket", String.valueOf(T), "hashes", "3");

    try (LayerTrial layer =
        new LayerTrial(
            reformer, SPEC.withMasking(Masking.CAUSAL), options, SIZE, Probe.ATTENTION)) {
      INDArray weights = layer.show(inputs(null), Probe.ATTENTION);

      for (int t = 1; t < T; t++) {
        for (int s = 0; s < t; s++) {
          assertThat(weights.getDouble(1, 2, t, s)).isPositive();
        }
      }
    }
  }

  @Test
  void a_lone_position_sees_itself() {
    LayerSize one = LayerSize.self(B, 1);
    LayerTrial.Inputs inputs = LayerTrial.Inputs.random(SPEC, one, 7, null);

    try (LayerTrial layer = new LayerTrial(reformer, SPEC, OPTIONS, one)) {
      assertClose("context", layer.context(inputs), inputs.value(), ROUNDING);
    }
  }

  @Test
  void equal_inputs_give_equal_bits() {
    LayerTrial.Inputs inputs = inputs(null);

    try (LayerTrial layer = new LayerTrial(reformer, SPEC, OPTIONS, SIZE)) {
      assertClose("context", layer.context(inputs), layer.context(inputs), 0);
    }
  }

  @Test
  void a_longer_sequence_than_the_model_admits_is_refused_with_both_numbers() {
    assertThatThrownBy(
            () -> {
              try (LayerTrial layer =
                  new LayerTrial(reformer, SPEC.withMaxPositions(8), OPTIONS, SIZE)) {
                layer.context(inputs(null));
              }
            })
        .hasMessageContaining("is above the maximum of 8");
  }

  @Test
  void rotations_are_drawn_anew_as_often_as_asked() {
    Options options = Options.parse(reformer.options(), Map.of("rehash-interval", "100"));

    assertThat(reformer.layer(SPEC, options).parameters())
        .extracting(Parameter::update)
        .containsExactly(new Parameter.Redrawn(100));
  }

  private static LayerTrial.Inputs inputs(@Nullable INDArray real) {
    return LayerTrial.Inputs.random(SPEC, SIZE, 7, real);
  }

  /** The second sequence has four positions of padding, one of them in front. */
  private static INDArray real() {
    INDArray real = Nd4j.ones(DataType.DOUBLE, B, T);
    for (int t : new int[] {0, 10, 11, 12}) {
      real.putScalar(1, t, 0);
    }
    return real;
  }

  /** softmax(q·q/|q|/√D) over the others. */
  private static INDArray sharedSoftmax(LayerTrial.Inputs inputs) {
    INDArray context = Nd4j.zeros(inputs.value().dataType(), B, H, T, D);
    for (int b = 0; b < B; b++) {
      for (int h = 0; h < H; h++) {
        INDArray query = inputs.query().slice(b).slice(h).dup();
        for (int t = 0; t < T; t++) {
          double mass = 0;
          INDArray mixed = Nd4j.zeros(context.dataType(), D);
          for (int s = 0; s < T; s++) {
            if (s != t) {
              double length = query.getRow(s).norm2Number().doubleValue();
              double match = query.getRow(t).mul(query.getRow(s)).sumNumber().doubleValue();
              double weight = Math.exp(match / length / Math.sqrt(D));
              mass += weight;
              mixed.addi(inputs.value().slice(b).slice(h).getRow(s).mul(weight));
            }
          }
          context.slice(b).slice(h).getRow(t).assign(mixed.div(mass));
        }
      }
    }
    return context;
  }
}
