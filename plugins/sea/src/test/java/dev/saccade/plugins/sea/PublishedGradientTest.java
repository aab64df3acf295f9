package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.Parameter;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.conformance.golden.GoldenComparison;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The distillation's terms, and the gradients of their sum down to every input and parameter,
 * against those that PyTorch computed on the published implementation.
 */
class PublishedGradientTest {

  /** What the terms are called in the files. */
  static final Map<String, String> PUBLISHED_TERMS =
      Map.of(
          "kl-estimate", "loss.kl_est",
          "mse-estimate", "loss.mse_est",
          "kl-scores", "loss.kl_dense",
          "mse-scores", "loss.mse_dense",
          "mse-context", "loss.mse_context");

  /** Where estimates are equal, any of them may be kept. */
  static final Set<String> DEPENDS_ON_THE_KEPT = Set.of("loss.mse_context", "loss.total");

  private static final GoldenFolder FOLDER = SeaCase.layers();
  private static final GoldenReport REPORT = new GoldenReport("Losses and gradients", FOLDER);

  static List<SeaCase> published() {
    return SeaCase.in(FOLDER);
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void losses_and_gradients_are_as_published(SeaCase golden) {
    REPORT.check(
        golden.golden(),
        Set.of("loss.", "g."),
        compared -> {
          if (golden.golden().has("loss.total")) { // was run with a teacher
            compare(golden, GoldenLayer.of(golden), compared);
          }
        });
  }

  private static void compare(SeaCase golden, GoldenLayer layer, GoldenComparison compared) {
    TestGraph graph = layer.graph();
    Map<String, SDVariable> losses = losses(golden, layer);
    graph
        .evaluate(losses)
        .forEach(
            (name, loss) -> {
              if (golden.tied() && DEPENDS_ON_THE_KEPT.contains(name)) {
                compared.leaveOut(name, "equal estimates compete, and any may be kept");
              } else {
                compared.tensor(name, loss);
              }
            });
    if (!golden.golden().has("g.q")) {
      return; // stored without gradients
    }

    Map<String, String> stored = gradients(golden, layer.options());
    graph.sameDiff().setLossVariables(Objects.requireNonNull(losses.get("loss.total")).name());
    Map<String, INDArray> gradients =
        graph.sameDiff().calculateGradients(Map.of(), stored.keySet().toArray(String[]::new));
    stored.forEach(
        (variable, name) -> {
          INDArray actual = Objects.requireNonNull(gradients.get(variable), variable);
          compared.tensor(name, inShapeOf(golden.golden().shape(name), actual));
        });
  }

  private static Map<String, SDVariable> losses(SeaCase golden, GoldenLayer layer) {
    List<LossTerm> terms =
        new Distillation(layer.graph(), layer.options(), layer.steps())
            .terms(GoldenTeacher.of(golden, layer.graph().sameDiff(), DataType.DOUBLE));
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
  static Map<String, String> gradients(SeaCase golden, SeaOptions options) {
    Map<String, String> gradients = new LinkedHashMap<>();
    gradients.put("query", "g.q");
    gradients.put("key", "g.k");
    gradients.put("value", "g.v");
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      if (parameter.update() instanceof Parameter.Trained) {
        gradients.put(parameter.name(), "g." + golden.weight(parameter, options));
      }
    }
    return gradients;
  }

  /** Of causal convolutions, with the rows that look ahead: they have no part in anything. */
  static INDArray inShapeOf(long[] shape, INDArray gradient) {
    if (Arrays.equals(gradient.shape(), shape)) {
      return gradient;
    }
    INDArray whole = Nd4j.zeros(gradient.dataType(), shape); // [out, in, 5, 3]
    whole
        .get(all(), all(), interval(0, CheckpointNames.ROWS_THAT_LOOK_BACK), all())
        .assign(gradient);
    return whole;
  }
}
