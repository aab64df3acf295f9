package dev.saccade.plugins.baselines;

import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Exact attention in models: our results by the names of the golden tensors. */
final class PublishedSoftmax {

  private PublishedSoftmax() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    INDArray query = golden.tensor("in.q");
    // OPT hands over queries that are already divided by √D.
    INDArray unscaled =
        published.spec().masking().causal() ? query.div(published.spec().scale()) : query;
    try (LayerTrial layer =
        new LayerTrial(
            new SoftmaxAttention(),
            published.spec(),
            Map.of(),
            published.size(),
            Probe.ATTENTION)) {
      Map<String, INDArray> seen = layer.run(published.inputs(unscaled));
      return Map.of(
          "out.context_layer",
          GoldenLayer.merged(Objects.requireNonNull(seen.get(SingleLayer.CONTEXT))),
          "out.attention_probs",
          Objects.requireNonNull(seen.get(SingleLayer.probe(Probe.ATTENTION))));
    }
  }
}
