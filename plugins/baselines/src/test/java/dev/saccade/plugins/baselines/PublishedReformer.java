package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Reformer, of models and of its library, with its buckets: our results by the names of the golden
 * tensors.
 */
final class PublishedReformer {

  /** Of a float64 run on the same float32 inputs. */
  private static final double IN_DOUBLE = 1e-9;

  private PublishedReformer() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    return golden.kind().equals("reformer_lsh") ? ofLibrary(golden) : ofModel(golden);
  }

  private static Map<String, INDArray> ofModel(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    // OPT hands over queries that are already divided by √D, and hashing divides once more.
    try (LayerTrial layer =
        new LayerTrial(
                new ReformerAttention(),
                published.spec().withMaxPositions((int) published.size().queries()),
                Map.of(
                    "hashes", golden.config("n_hashes").asText(),
                    "bucket", golden.config("bucket_size").asText(),
                    "peeking-order", "true"),
                published.size())
            .withParameter(ReformerLayer.ROTATIONS, rotations(golden))) {
      return Map.of("out.context_layer", GoldenLayer.merged(layer.context(published.inputs())));
    }
  }

  /** The library has queries of one head, {@code [B, T, D]}. */
  private static Map<String, INDArray> ofLibrary(GoldenCase golden) {
    INDArray query = golden.tensor("in.qk");
    @Nullable INDArray real = GoldenLayer.tensorOrNull(golden, "in.input_mask");
    boolean causal = golden.config("causal").asBoolean();
    AttentionSpec spec =
        AttentionSpec.multiHead(1, (int) query.size(2))
            .withMaxPositions((int) query.size(1))
            .withMasking(causal ? Masking.CAUSAL : real == null ? Masking.NONE : Masking.PADDING)
            .withElementType(ElementType.F64);
    LayerTrial.Inputs inputs =
        new LayerTrial.Inputs(oneHead(query), oneHead(query), oneHead(golden.tensor("in.v")), real);
    try (LayerTrial layer =
        new LayerTrial(
                new ReformerAttention(),
                spec,
                Map.of(
                    "hashes", golden.config("n_hashes").asText(),
                    "bucket", golden.config("bucket_size").asText(),
                    "peeking-order", "true",
                    "within-buckets",
                        String.valueOf(!golden.config("attend_across_buckets").asBoolean()),
                    "divide-repeats",
                        String.valueOf(!golden.config("allow_duplicate_attention").asBoolean())),
                LayerSize.self(query.size(0), query.size(1)),
                Probe.ATTENTION)
            .withParameter(ReformerLayer.ROTATIONS, rotations(golden))) {
      Map<String, INDArray> seen = layer.run(inputs);
      INDArray context = Objects.requireNonNull(seen.get(SingleLayer.CONTEXT));
      INDArray attention = Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION)));
      Map<String, INDArray> computed =
          Map.of(
              "x.buckets", buckets(golden, query),
              "out.context", context.reshape(query.shape()),
              "out.attn", attention.reshape(query.size(0), query.size(1), query.size(1)));
      if (real != null) {
        padAsInLibrary(computed, golden.tensor("in.v"), real);
      }
      for (String result : computed.keySet()) {
        if (!golden.has("f64." + result)) {
          continue;
        }
        INDArray expected = golden.tensor("f64." + result);
        TensorDifference.assertClose(
            golden.name() + " " + result,
            Objects.requireNonNull(computed.get(result)),
            expected,
            IN_DOUBLE * TensorDifference.greatest(expected));
      }
      return computed;
    }
  }

  /** In the library alone, without a model around it, padding sees itself and has values. */
  private static void padAsInLibrary(
      Map<String, INDArray> computed, INDArray value, INDArray real) {
    for (long b = 0; b < real.size(0); b++) {
      for (long t = 0; t < real.size(1); t++) {
        if (real.getDouble(b, t) == 0) {
          row(computed, "out.context", b, t).assign(value.get(point(b), point(t)));
          row(computed, "out.attn", b, t).assign(0).putScalar(t, 1);
        }
      }
    }
  }

  private static INDArray row(Map<String, INDArray> computed, String name, long b, long t) {
    return Objects.requireNonNull(computed.get(name)).get(point(b), point(t));
  }

  private static INDArrayIndex point(long index) {
    return NDArrayIndex.point(index);
  }

  /** {@code [B, hashes·T]}, the buckets of the first round first. */
  private static INDArray buckets(GoldenCase golden, INDArray query) {
    LshSettings settings =
        new LshSettings(
            golden.config("n_hashes").asInt(),
            golden.config("bucket_size").asInt(),
            golden.config("causal").asBoolean(),
            true,
            false,
            false);
    int length = (int) query.size(1);
    INDArray buckets =
        Nd4j.zeros(query.dataType(), query.size(0), (long) settings.hashes() * length);
    double[] rotations = TensorDifference.doubles(rotations(golden));
    for (int b = 0; b < query.size(0); b++) {
      double[] queries = TensorDifference.doubles(query.get(point(b)));
      LshBuckets hashed = LshBuckets.of(settings, queries, rotations, (int) query.size(2));
      for (int round = 0; round < settings.hashes(); round++) {
        for (int t = 0; t < length; t++) {
          buckets.putScalar(
              b, round * length + t, hashed.bucket(round, t) + round * hashed.perRound());
        }
      }
    }
    return buckets;
  }

  /** {@code [D, hashes, R]}, of {@code [1, D, hashes, R]}. */
  static INDArray rotations(GoldenCase golden) {
    INDArray rotations = golden.tensor("w.random_rotations");
    return rotations.reshape(rotations.size(1), rotations.size(2), rotations.size(3));
  }

  private static INDArray oneHead(INDArray x) {
    return x.reshape(x.size(0), 1, x.size(1), x.size(2));
  }
}
