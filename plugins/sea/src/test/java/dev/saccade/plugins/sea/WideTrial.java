package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelErrsLikeTheRecipe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Two heads so wide that they take several tiles of every product, and pieces of a row. */
record WideTrial(Masking masking, int headSize, int length, Map<String, String> options) {

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
