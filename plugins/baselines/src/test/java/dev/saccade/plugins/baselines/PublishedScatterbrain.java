package dev.saccade.plugins.baselines;

import dev.saccade.conformance.golden.GoldenCase;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Scatterbrain in a model: our result by the name of the golden tensor. */
final class PublishedScatterbrain {

  private PublishedScatterbrain() {}

  static Map<String, INDArray> compute(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    try (LayerTrial layer =
        new LayerTrial(
                new ScatterbrainAttention(),
                published.spec().withMaxPositions((int) published.size().queries()),
                Map.of(
                    "feature-divisor",
                        PublishedPerformer.divisor(golden.tensor("w.projection_matrix")),
                    "hashes", golden.config("n_hashes").asText(),
                    "bucket", golden.config("bucket_size").asText(),
                    "padded-keys", "counted"),
                published.size())
            .withParameter(ReformerLayer.ROTATIONS, PublishedReformer.rotations(golden))
            .withParameter(PerformerLayer.PROJECTION, golden.tensor("w.projection_matrix"))) {
      return Map.of("out.context_layer", GoldenLayer.merged(layer.context(published.inputs())));
    }
  }
}
