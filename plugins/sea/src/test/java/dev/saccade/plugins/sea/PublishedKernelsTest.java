package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;

import dev.saccade.api.option.Options;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rule by which a column keeps at most k keys against what the published GPU kernels keep, and
 * what comes of it. They differ from the rest of the published code in padding and oversampling,
 * which they ignore, so cases with either have nothing to compare.
 */
class PublishedKernelsTest {

  private static final GoldenReport REPORT = new GoldenReport("At most k keys a column");

  static List<Path> published() {
    return GoldenCase.manifests("sea");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close(published());
  }

  @ParameterizedTest
  @MethodSource("published")
  void keys_and_context_are_those_of_the_kernels(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    if (golden.padded() || golden.config("k_oversample").asDouble() > 1 || golden.tied()) {
      REPORT.addEmpty(golden, golden.tied() ? "tied" : "kernels ignore padding, oversampling");
      return;
    }
    Map<String, String> options = new HashMap<>(golden.options());
    options.put("keys", "at-most-k");
    options.put("scale", "nothing");
    GoldenLayer layer = GoldenLayer.of(golden, Options.parse(SeaOptions.SCHEMA, options));
    Map<String, SDVariable> steps =
        PublishedNames.of(layer.graph(), layer.options(), layer.steps());
    steps.keySet().retainAll(List.of("x.partial_mask_t", "x.context_layer"));

    Map<String, INDArray> computed = layer.graph().evaluate(steps);

    compare(golden, computed, "partial_mask_t", 0);
    compare(golden, computed, "context_layer", golden.tolerance("x.context_layer"));
  }

  private static void compare(
      GoldenCase golden, Map<String, INDArray> computed, String step, double tolerance) {
    String name = "csr." + step;
    INDArray actual = Objects.requireNonNull(computed.get("x." + step));
    double error = assertClose(golden.name() + " " + name, actual, golden.tensor(name), tolerance);
    REPORT.add(golden, name, error, tolerance);
  }
}
