package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.Parameter;
import dev.saccade.api.distill.LossTerm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The distillation's terms, and the gradients of their sum down to every input and parameter,
 * against those that PyTorch computed on the published implementation.
 */
class PublishedGradientTest {

  /** A mean over up to 80,000 float32 numbers, which ND4J and PyTorch add in another order. */
  private static final double LOSS_TOLERANCE = 2e-5;

  /** Of gradients that are nothing but rounding, as that of a bias before a softmax. */
  private static final double ZERO = 1e-6;

  private static final Map<String, String> PUBLISHED_TERMS =
      Map.of(
          "kl-estimate", "loss.kl_est",
          "mse-estimate", "loss.mse_est",
          "kl-scores", "loss.kl_dense",
          "mse-scores", "loss.mse_dense",
          "mse-context", "loss.mse_context");

  private static final GoldenReport REPORT = new GoldenReport("Losses and gradients");

  static List<Path> published() {
    return GoldenCase.manifests("sea");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close(published());
  }

  @ParameterizedTest
  @MethodSource("published")
  void losses_and_gradients_are_as_published(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    if (!golden.tensors().containsKey("loss.total")) {
      REPORT.addEmpty(golden, "run without a teacher");
      return;
    }
    GoldenLayer layer = GoldenLayer.of(golden);
    TestGraph graph = layer.graph();
    Map<String, SDVariable> losses = losses(golden, layer);
    graph
        .evaluate(losses)
        .forEach(
            (name, loss) -> {
              if (golden.tied() && !name.endsWith("_est") && !name.endsWith("_dense")) {
                return; // the context depends on which of equal estimates are kept
              }
              INDArray expected = golden.tensor(name);
              compare(golden, name, loss, expected, LOSS_TOLERANCE * expected.getDouble(0));
            });
    if (!golden.tensors().containsKey("g.q")) {
      return; // stored without gradients
    }

    Map<String, String> stored = gradients(golden, layer.options());
    graph.sameDiff().setLossVariables(Objects.requireNonNull(losses.get("loss.total")).name());
    Map<String, INDArray> gradients =
        graph.sameDiff().calculateGradients(Map.of(), stored.keySet().toArray(String[]::new));
    stored.forEach(
        (variable, name) -> {
          INDArray actual = Objects.requireNonNull(gradients.get(variable), variable);
          INDArray expected = looksBack(golden.tensor(name), actual.shape());
          compare(golden, name, actual, expected, Math.max(ZERO, golden.tolerance(name)));
        });
  }

  private static Map<String, SDVariable> losses(GoldenCase golden, GoldenLayer layer) {
    List<LossTerm> terms =
        new Distillation(layer.graph(), layer.options(), layer.steps())
            .terms(GoldenTeacher.of(golden, layer.graph().sameDiff()));
    assertThat(terms).extracting(LossTerm::name).hasSameElementsAs(PUBLISHED_TERMS.keySet());
    Map<String, SDVariable> losses = new LinkedHashMap<>();
    SDVariable total = layer.graph().constant(0);
    for (LossTerm term : terms) {
      losses.put(Objects.requireNonNull(PUBLISHED_TERMS.get(term.name())), term.value());
      total = total.add(term.value().mul(term.weight()));
    }
    losses.put("loss.total", total);
    return losses;
  }

  /** The names of the published gradients by those that variables have here. */
  private static Map<String, String> gradients(GoldenCase golden, SeaOptions options) {
    Map<String, String> gradients = new LinkedHashMap<>();
    gradients.put("query", "g.q");
    gradients.put("key", "g.k");
    gradients.put("value", "g.v");
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      if (parameter.update() instanceof Parameter.Trained) {
        gradients.put(
            parameter.name(), "g.w." + CheckpointNames.of(parameter, golden.spec(), options));
      }
    }
    return gradients;
  }

  /** A gradient without the rows of causal convolutions that look ahead; theirs is zero. */
  private static INDArray looksBack(INDArray stored, long[] shape) {
    if (Arrays.equals(stored.shape(), shape)) {
      return stored;
    }
    INDArray ahead =
        stored.get(
            all(), all(), interval(CheckpointNames.ROWS_THAT_LOOK_BACK, stored.size(2)), all());
    assertThat(ahead.norm2Number().doubleValue()).as("gradient of rows ahead").isZero();
    return GoldenCase.withoutRowsThatLookAhead(stored);
  }

  private static void compare(
      GoldenCase golden, String name, INDArray actual, INDArray expected, double tolerance) {
    REPORT.add(
        golden,
        name,
        assertClose(golden.name() + " " + name, actual, expected, tolerance),
        tolerance);
  }
}
