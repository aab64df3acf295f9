package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Masking;
import dev.saccade.plugins.sea.cuda.FakeDriver;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The way back of SEA on a GPU against the recipe's gradients: from the graph through JCuda to
 * kernels that run on the CPU.
 */
@OnFakeDriver
class SeaOnGpuBackTest {

  private static final String CUDA = "cuda";

  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  /** Those below the longest, which takes long here and shows nothing new. */
  static Stream<SeaTrial> trials() {
    return SeaTrial.all(Masking.CAUSAL).filter(trial -> trial.length() <= 207);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void gradients_err_at_most_twice_as_much_as_those_of_the_recipe(SeaTrial trial) {
    trial.assertGradientsErrLikeTheRecipe(CUDA);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void bits_do_not_depend_on_the_order_of_threads(int schedule) {
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, 33, Padding.ANYWHERE, OPTIONS);
    Map<String, INDArray> expected = trial.of(CUDA).gradients();

    FakeDriver.set("FAKE_CUDA_SCHEDULE", schedule);
    FakeDriver.set("FAKE_CUDA_THREADS", 1 + schedule % 2);
    Map<String, INDArray> gradients = trial.of(CUDA).gradients();

    assertThat(gradients).isEqualTo(expected);
  }
}
