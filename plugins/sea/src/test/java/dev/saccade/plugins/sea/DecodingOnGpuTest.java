package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.RecipeErrors.assertKernelErrsLikeTheRecipe;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Decoding on a GPU against the recipe for whole texts: from the runtime through JCuda to kernels
 * that run on the CPU.
 */
@OnFakeDriver
class DecodingOnGpuTest {

  private static final String CUDA = "cuda";

  /** Single positions, and portions within a chunk, a chunk, and several. */
  private static final int[] ENDS = {1, 2, 7, 8, 50, 51, 52, 53, 181, 182};

  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.CAUSAL).filter(trial -> trial.length() <= 207);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void errs_at_most_twice_as_much_as_the_recipe(SeaTrial trial) {
    assertKernelErrsLikeTheRecipe(
        neighbour -> trial.exact().beside(neighbour).contexts(),
        neighbour -> trial.of("recipe").beside(neighbour).contexts(),
        CUDA,
        () -> Map.of(SingleLayer.CONTEXT, decoded(trial, ENDS)));
  }

  private static INDArray decoded(SeaTrial trial, int... ends) {
    int[] all = IntStream.concat(IntStream.of(ends), IntStream.of(trial.length())).toArray();
    try (KernelTrial layer = trial.open(CUDA);
        LayerDecoding decoding = layer.decoding(SeaTrial.B, trial.length())) {
      INDArray context = layer.decoded(decoding, IntStream.of(all).filter(end -> end <= trial.length()).distinct().toArray());
      assertThat(decoding.length()).isEqualTo(trial.length());
      return context;
    }
  }
}
