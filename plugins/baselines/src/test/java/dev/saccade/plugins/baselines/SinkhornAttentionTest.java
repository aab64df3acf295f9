package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
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

class SinkhornAttentionTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 13;
  private static final int D = 5;
  private static final int BUCKET = 3;
  private static final double ROUNDING = 1e-12;

  private static final AttentionSpec SPEC =
      AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);
  private static final LayerSize SIZE = LayerSize.self(B, T);
  private static final Map<String, String> OPTIONS = Map.of("bucket", String.valueOf(BUCKET));

  private final SinkhornAttention sinkhorn = new SinkhornAttention();

  @ParameterizedTest
  @CsvSource({
    "NONE, 1, false",
    "NONE, 1, true",
    "PADDING, 2, false",
    "CAUSAL, 2, false",
    "CAUSAL_PADDING, 3, false"
  })
  void gradients_are_finite_differences(Masking masking, String top, String keysAsValues) {
    Map<String, String> options =
        Map.of("bucket", "3", "top-buckets", top, "keys-as-values", keysAsValues);
    LayerTrial.Inputs inputs = inputs(masking.padded() ? real() : null);

    try (LayerTrial layer = new LayerTrial(sinkhorn, SPEC.withMasking(masking), options, SIZE)) {
      layer.assertGradients(inputs);
    }
  }

  @Test
  void takes_keys_and_values_of_the_bucket_that_matches_best() {
    LayerTrial.Inputs inputs = inputs(null);

    try (LayerTrial layer = new LayerTrial(sinkhorn, SPEC, OPTIONS, SIZE)) {
      INDArray context = layer.context(inputs);

      for (int b = 0; b < B; b++) {
        for (int h = 0; h < H; h++) {
          assertClose("context", context.slice(b).slice(h), plain(inputs, b, h), ROUNDING);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 6, 12})
  void a_later_position_does_not_change_an_earlier_result(int first) {
    LayerTrial.Inputs inputs = inputs(null);
    LayerTrial.Inputs changed = inputs(null);
    for (INDArray x : new INDArray[] {changed.query(), changed.key(), changed.value()}) {
      INDArray suffix = fromPosition(x, first, T);
      suffix.assign(LayerTrial.gaussian(new SplittableRandom(5), suffix.shape()));
    }

    try (LayerTrial layer =
        new LayerTrial(sinkhorn, SPEC.withMasking(Masking.CAUSAL), OPTIONS, SIZE)) {
      INDArray before = layer.context(inputs);
      INDArray after = layer.context(changed);

      assertClose("prefix", fromPosition(after, 0, first), fromPosition(before, 0, first), 0);
      assertThat(after.getDouble(0, 0, first, 0)).isNotEqualTo(before.getDouble(0, 0, first, 0));
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE", "PADDING"})
  void weights_of_positions_give_the_context(Masking masking) {
    LayerTrial.Inputs inputs = inputs(masking.padded() ? real() : null);

    try (LayerTrial layer =
        new LayerTrial(sinkhorn, SPEC.withMasking(masking), OPTIONS, SIZE, Probe.ATTENTION)) {
      Map<String, INDArray> seen = layer.run(inputs);
      INDArray weights = Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION)));

      assertClose(
          "context",
          Nd4j.matmul(weights, inputs.value()),
          Objects.requireNonNull(seen.get(SingleLayer.CONTEXT)),
          ROUNDING);
    }
  }

  @Test
  void padding_takes_no_weight_and_gets_nothing() {
    INDArray real = real();
    real.getRow(0).assign(0);
    LayerTrial.Inputs inputs = inputs(real);

    try (LayerTrial layer =
        new LayerTrial(
            sinkhorn, SPEC.withMasking(Masking.CAUSAL_PADDING), OPTIONS, SIZE, Probe.ATTENTION)) {
      INDArray weights = layer.show(inputs, Probe.ATTENTION);
      INDArray context = layer.context(inputs);

      assertThat(TensorDifference.greatest(weights.mul(real.rsub(1.0).reshape(B, 1, 1, T))))
          .isZero();
      assertThat(TensorDifference.greatest(context.mul(real.rsub(1.0).reshape(B, 1, T, 1))))
          .isZero();
    }
  }

  @Test
  void a_sequence_of_nothing_but_padding_gives_zeros() {
    INDArray real = real();
    real.getRow(1).assign(0);

    try (LayerTrial layer =
        new LayerTrial(sinkhorn, SPEC.withMasking(Masking.PADDING), OPTIONS, SIZE)) {
      INDArray context = layer.context(inputs(real));

      assertThat(TensorDifference.greatest(context.slice(1))).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"NONE", "CAUSAL"})
  void takes_a_lone_position_and_a_lone_head(Masking masking) {
    AttentionSpec spec = AttentionSpec.multiHead(1, D).withMasking(masking);
    LayerSize one = LayerSize.self(B, 1);

    try (LayerTrial layer = new LayerTrial(sinkhorn, spec, OPTIONS, one)) {
      INDArray context = layer.context(LayerTrial.Inputs.random(spec, one, 7, null));

      assertThat(TensorDifference.greatest(context)).isFinite().isPositive();
    }
  }

  @Test
  void refuses_the_encoders_mistake_in_decoders() {
    Options options = Options.parse(sinkhorn.options(), Map.of("keys-as-values", "true"));

    assertThat(sinkhorn.check(SPEC.withMasking(Masking.CAUSAL), options).reasons())
        .singleElement()
        .asString()
        .contains("keys-as-values", "encoders only", "CAUSAL");
    assertThat(sinkhorn.check(SPEC, options).isYes()).isTrue();
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

  private static INDArray fromPosition(INDArray x, int from, int to) {
    return x.get(NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(from, to));
  }

  /** One head of an encoder, position by position; {@code [T, D]}. */
  private static INDArray plain(LayerTrial.Inputs inputs, int b, int h) {
    double[][] query = inputs.query().slice(b).slice(h).dup().toDoubleMatrix();
    double[][] key = inputs.key().slice(b).slice(h).dup().toDoubleMatrix();
    double[][] value = inputs.value().slice(b).slice(h).dup().toDoubleMatrix();
    int buckets = (T + BUCKET - 1) / BUCKET;
    double[][] context = new double[T][D];
    for (int t = 0; t < T; t++) {
      int own = t / BUCKET;
      double[] matches = new double[buckets];
      double total = 0;
      int best = 0;
      for (int other = 0; other < buckets; other++) {
        matches[other] = dot(mean(query, own), mean(key, other)) / Math.sqrt(D);
        total += Math.exp(matches[other]);
        best = matches[other] > matches[best] ? other : best;
      }
      double share = Math.exp(matches[best]) / total;
      double mass =
          mix(query[t], key, value, best, share, context[t])
              + mix(query[t], key, value, own, 1, context[t]);
      for (int d = 0; d < D; d++) {
        context[t][d] /= mass;
      }
    }
    return Nd4j.createFromArray(context);
  }

  /** Adds the values of a bucket and returns their weight. */
  private static double mix(
      double[] query, double[][] key, double[][] value, int bucket, double share, double[] sum) {
    double mass = 0;
    for (int s = bucket * BUCKET; s < Math.min(T, (bucket + 1) * BUCKET); s++) {
      double weight = Math.exp(share * dot(query, key[s]) / Math.sqrt(D));
      mass += weight;
      for (int d = 0; d < D; d++) {
        sum[d] += weight * share * value[s][d];
      }
    }
    return mass;
  }

  /** Of a bucket, which counts as full. */
  private static double[] mean(double[][] rows, int bucket) {
    double[] mean = new double[D];
    for (int t = bucket * BUCKET; t < Math.min(T, (bucket + 1) * BUCKET); t++) {
      for (int d = 0; d < D; d++) {
        mean[d] += rows[t][d] / BUCKET;
      }
    }
    return mean;
  }

  private static double dot(double[] x, double[] y) {
    double sum = 0;
    for (int d = 0; d < D; d++) {
      sum += x[d] * y[d];
    }
    return sum;
  }
}
