package dev.saccade.plugins.baselines;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

class PublishedScatterbrainTest {

  @Test
  void every_case_is_as_published() {
    GoldenTable.check(GoldenFamily.SCATTERBRAIN, 1, PublishedScatterbrainTest::compute);
  }

  private static Map<String, INDArray> compute(GoldenCase golden) {
    GoldenLayer published = GoldenLayer.of(golden);
    try (LayerTrial layer =
        new LayerTrial(
                new ScatterbrainAttention(),
                published.spec().withMaxPositions((int) published.size().queries()),
                Map.of(
                    "hashes", golden.config("n_hashes").asText(),
                    "bucket", golden.config("bucket_size").asText(),
                    "padded-keys", "counted"),
                published.size())
            .withParameter(ReformerLayer.ROTATIONS, PublishedReformerTest.rotations(golden))
            .withParameter(PerformerLayer.PROJECTION, golden.tensor("w.projection_matrix"))) {
      return Map.of("out.context_layer", GoldenLayer.merged(layer.context(published.inputs())));
    }
  }
}
