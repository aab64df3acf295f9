package dev.saccade.plugins.baselines;

import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Performer, of models and of its library, with its features: our results by the names of the
 * golden tensors.
 */
final class PublishedPerformer {

  private PublishedPerformer() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    INDArray projection = golden.tensor("w.projection_matrix"); // [F, D]
    Map<String, String> options =
        Map.of(
            "feature-divisor",
            divisor(projection),
            "features",
            rectified(golden, published) ? "relu" : "softmax",
            "padded-keys",
            "counted",
            "peeking-shift",
            "true");
    try (LayerTrial layer =
        new LayerTrial(
                new PerformerAttention(),
                published.spec(),
                options,
                published.size(),
                PerformerLayer.QUERY_FEATURES,
                PerformerLayer.KEY_FEATURES)
            .withParameter(PerformerLayer.PROJECTION, projection)) {
      LayerTrial.Inputs inputs = published.inputs();
      Map<String, INDArray> computed = new HashMap<>();
      Map<String, INDArray> seen = layer.run(narrowed(inputs, 0));
      computed.put("x.q_prime", shown(seen, PerformerLayer.QUERY_FEATURES));
      computed.put("x.k_prime", shown(seen, PerformerLayer.KEY_FEATURES));
      INDArray context = wide(layer, inputs);
      computed.put("out.context", context);
      computed.put("out.context_layer", GoldenLayer.merged(context));
      return computed;
    }
  }

  /** By what D·ln(D) is to be divided for the F features that there are. */
  static String divisor(INDArray projection) {
    double headSize = projection.size(1);
    return String.valueOf(headSize * Math.log(headSize) / (projection.size(0) + 0.5));
  }

  private static boolean rectified(GoldenCase golden, GoldenLayer published) {
    return golden.kind().equals("performer_fast_attention")
        ? golden.config("generalized_relu").asBoolean()
        : published.spec().masking().causal(); // so the OPT of the publication
  }

  private static INDArray shown(Map<String, INDArray> seen, Probe probe) {
    return Objects.requireNonNull(seen.get(SingleLayer.probe(probe)));
  }

  /** Some cases have values wider than a head; columns do not meet, so D at a time will do. */
  private static INDArray wide(LayerTrial layer, LayerTrial.Inputs inputs) {
    long size = inputs.query().size(3);
    long width = inputs.value().size(3);
    List<INDArray> parts = new ArrayList<>();
    for (long from = 0; from < width; from += size) {
      parts.add(columns(layer.context(narrowed(inputs, from)), 0, Math.min(size, width - from)));
    }
    return Nd4j.concat(3, parts.toArray(INDArray[]::new));
  }

  /** D columns of the values, filled up with zeros. */
  private static LayerTrial.Inputs narrowed(LayerTrial.Inputs inputs, long from) {
    INDArray value = inputs.value();
    long size = inputs.query().size(3);
    INDArray padded = Nd4j.concat(3, value, value.mul(0));
    return new LayerTrial.Inputs(
        inputs.query(), inputs.key(), columns(padded, from, from + size), inputs.real());
  }

  private static INDArray columns(INDArray array, long from, long to) {
    return array
        .get(
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.all(),
            NDArrayIndex.interval(from, to))
        .dup('c');
  }
}
