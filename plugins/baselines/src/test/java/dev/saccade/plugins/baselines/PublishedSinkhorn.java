package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Masking;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Sinkhorn, of models and of its library, with its choice of buckets: our results by the names of
 * the golden tensors.
 */
final class PublishedSinkhorn {

  private PublishedSinkhorn() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    boolean library = golden.kind().equals("sinkhorn");
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    @Nullable INDArray real = realPositions(golden);
    boolean causal = golden.manifest().path("config").path("causal").asBoolean();
    AttentionSpec spec =
        AttentionSpec.multiHead((int) query.size(1), (int) query.size(3))
            .withMasking(causal ? Masking.CAUSAL : real == null ? Masking.NONE : Masking.PADDING);
    LayerSize size = LayerSize.self(query.size(0), query.size(2));
    Map<String, String> options = new HashMap<>();
    options.put("bucket", golden.config(library ? "bucket_size" : "k").asText());
    if (golden.manifest().path("config").has("n_top_buckets")) {
      options.put("top-buckets", golden.config("n_top_buckets").asText());
    }
    options.put("keys-as-values", String.valueOf(!causal));
    try (LayerTrial layer =
        new LayerTrial(
            new SinkhornAttention(),
            spec,
            options,
            size,
            SinkhornLayer.MATCHES,
            SinkhornLayer.CHOSEN)) {
      if (causal) {
        layer.withParameter(SinkhornLayer.EMPTY_KEY, golden.tensor("w.null_keys"));
        layer.withParameter(SinkhornLayer.EMPTY_VALUE, golden.tensor("w.null_values"));
      }
      Map<String, INDArray> seen =
          layer.run(
              new LayerTrial.Inputs(query, golden.tensor("in.k"), golden.tensor("in.v"), real));
      INDArray context = Objects.requireNonNull(seen.get(SingleLayer.CONTEXT));
      Map<String, INDArray> computed = new LinkedHashMap<>();
      computed.put("x.R_raw", perHead(seen, SingleLayer.probe(SinkhornLayer.MATCHES)));
      INDArray chosen = perHead(seen, SingleLayer.probe(SinkhornLayer.CHOSEN));
      if (causal && golden.has("x.R")) {
        long buckets = query.size(2) / golden.config("bucket_size").asInt();
        takeEmptyBucketsAs(golden.tensor("x.R"), chosen, (int) (chosen.size(2) - buckets));
      }
      computed.put("x.R", chosen);
      String result = library ? "out.context" : "out.context_layer";
      computed.put(result, library ? context : GoldenLayer.merged(context));
      if (real != null) {
        takePaddingAs(golden.tensor(result), Objects.requireNonNull(computed.get(result)), real);
      }
      return computed;
    }
  }

  private static @Nullable INDArray realPositions(GoldenCase golden) {
    return GoldenLayer.padded(golden)
        ? GoldenLayer.realPositions(golden)
        : GoldenLayer.tensorOrNull(golden, "in.mask");
  }

  /**
   * Empty buckets are all alike, so which of them comes first is chance: weight on any of them goes
   * to the one that was taken in the published run.
   */
  private static void takeEmptyBucketsAs(INDArray published, INDArray chosen, int empty) {
    for (long head = 0; head < chosen.size(0); head++) {
      for (long row = 0; row < chosen.size(1); row++) {
        double weight = 0;
        for (int bucket = 0; bucket < empty; bucket++) {
          weight += chosen.getDouble(head, row, bucket);
        }
        for (int bucket = 0; bucket < empty; bucket++) {
          boolean taken = published.getDouble(head, row, bucket) > 0;
          chosen.putScalar(head, row, bucket, taken ? weight : 0);
        }
      }
    }
  }

  /**
   * Queries that are padding get the mean of two buckets in the published run, padding included.
   * Nobody reads it; ours are asked to be numbers.
   *
   * @param published {@code [..., T, width]}, the first axis being B
   */
  private static void takePaddingAs(INDArray published, INDArray context, INDArray real) {
    assertThat(TensorDifference.greatest(context)).isFinite();
    for (long b = 0; b < real.size(0); b++) {
      for (long t = 0; t < real.size(1); t++) {
        if (real.getDouble(b, t) == 0) {
          rowsOf(context, b, t).assign(rowsOf(published, b, t));
        }
      }
    }
  }

  private static INDArray rowsOf(INDArray x, long b, long t) {
    INDArrayIndex sequence = NDArrayIndex.point(b);
    INDArrayIndex position = NDArrayIndex.point(t);
    return x.rank() == 3
        ? x.get(sequence, position)
        : x.get(sequence, NDArrayIndex.all(), position);
  }

  /** {@code [B, H, ...]} as {@code [B·H, ...]}. */
  private static INDArray perHead(Map<String, INDArray> seen, String name) {
    INDArray shown = Objects.requireNonNull(seen.get(name), name);
    return shown.reshape(shown.size(0) * shown.size(1), shown.size(2), shown.size(3));
  }
}
