package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelErrsLikeTheRecipe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Heads that take several tiles of every product, chunks, and pieces of a row. */
record WideTrial(Masking masking, int headSize, int length, Map<String, String> options) {

  static Stream<WideTrial> all(Masking masking) {
    return Stream.of(
        new WideTrial(
            masking, 40, 133, Map.of("width", "32", "k", "5", "joint-encoder", "true")),
        new WideTrial(
            masking, 132, 35, Map.of("width", "16", "k", "3", "feature-divisor", "8")));
  }

  void assertGradientsErrLikeTheRecipe(String kernel) {
    assertKernelErrsLikeTheRecipe(
        neighbour -> gradients(ElementType.F64, "recipe", neighbour),
        neighbour -> gradients(ElementType.F32, "recipe", neighbour),
        kernel,
        () -> gradients(ElementType.F32, kernel, 0));
  }

  private Map<String, INDArray> gradients(ElementType type, String kernel, int neighbour) {
    AttentionSpec spec =
        AttentionSpec.multiHead(2, headSize)
            .withMaxPositions(length)
            .withMasking(masking)
            .withElementType(type);
    Map<String, String> chosen = new LinkedHashMap<>(options);
    chosen.put("kernel", kernel);
    try (KernelTrial layer = new KernelTrial(spec, chosen, 1, length, SeaTrial.SEED, null)) {
      assertThat(layer.ranBy()).isEqualTo(kernel);
      layer.installed().nudge(neighbour);
      return layer.gradients();
    }
  }
}
