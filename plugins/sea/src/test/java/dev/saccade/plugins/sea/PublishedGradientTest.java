package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;

import dev.saccade.api.Parameter;
import dev.saccade.api.option.Options;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients of the published distillation loss against those that PyTorch computed, down to every
 * parameter: {@code 0.1·kl + mse} of the estimate, the same of the scores, and the mean square
 * error of the context.
 */
class PublishedGradientTest {

  /** Hides a score in a softmax; finite, as the reference's is. */
  private static final double HIDDEN = 1e30;

  /** A mean over up to 80,000 float32 numbers, which ND4J and PyTorch add in another order. */
  private static final double LOSS_TOLERANCE = 2e-5;

  static List<Path> published() throws IOException, URISyntaxException {
    return PublishedStepsTest.resources();
  }

  @ParameterizedTest
  @MethodSource("published")
  void losses_and_gradients_are_as_published(Path manifest) throws IOException {
    assertAsPublished(GoldenCase.read(manifest));
  }

  @Test
  void losses_and_gradients_are_as_published_in_the_golden_folder() throws IOException {
    for (Path manifest : GoldenCase.manifests(GoldenCase.folder("sea"))) {
      assertAsPublished(GoldenCase.read(manifest));
    }
  }

  private static void assertAsPublished(GoldenCase golden) {
    if (!golden.tensors().containsKey("loss.total")) {
      return; // run without a teacher
    }
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    SeaOptions options =
        SeaOptions.from(
            Options.parse(SeaOptions.SCHEMA, golden.options())
                .with(SeaOptions.CONSTANT_SHIFT, true));
    TestGraph graph =
        new TestGraph(
            golden.spec(), query.size(0), query.size(2), golden.config("k").asInt(), Set.of());
    Map<String, String> variables = new LinkedHashMap<>();
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      String name = "w." + SeaParameters.checkpointName(parameter, options);
      graph.withParameter(parameter.name(), golden.tensor(name));
      if (parameter.update() instanceof Parameter.Trained) {
        variables.put("g." + name, parameter.name());
      }
    }
    SDVariable queries = graph.input("query", query);
    SDVariable keys = graph.input("key", golden.tensor("in.k"));
    SDVariable values = graph.input("value", golden.tensor("in.v"));
    variables.put("g.q", "query");
    variables.put("g.k", "key");
    variables.put("g.v", "value");
    SeaSteps sea =
        SeaSteps.of(
            graph,
            options,
            queries,
            keys,
            values,
            graph.mask(golden.padded() ? golden.realPositions() : null));

    Map<String, SDVariable> losses = losses(golden, graph, options, sea, queries, keys);
    graph
        .evaluate(losses)
        .forEach(
            (name, loss) ->
                assertClose(
                    golden.name() + " " + name,
                    loss,
                    golden.tensor(name),
                    LOSS_TOLERANCE * golden.tensor(name).getDouble(0)));

    if (!golden.tensors().containsKey("g.q")) {
      return; // stored without gradients
    }
    graph.sameDiff().setLossVariables(Objects.requireNonNull(losses.get("loss.total")).name());
    Map<String, INDArray> gradients =
        graph.sameDiff().calculateGradients(Map.of(), List.copyOf(variables.values()));
    variables.forEach(
        (published, name) ->
            assertClose(
                golden.name() + " " + published,
                Objects.requireNonNull(gradients.get(name)),
                golden.tensor(published),
                Math.max(1e-6, golden.tolerance(published))));
  }

  private static Map<String, SDVariable> losses(
      GoldenCase golden,
      TestGraph graph,
      SeaOptions options,
      SeaSteps sea,
      SDVariable queries,
      SDVariable keys) {
    SameDiff sd = graph.sameDiff();
    Distance distance =
        new Distance(
            graph,
            sea.positions(),
            sd.constant(golden.tensor("in.teacher_scores").castTo(DataType.FLOAT)));
    SDVariable estimated =
        sea.toKeys()
            .stretch(graph, sea.estimate().painted().scores(), graph.queries(), options.width());
    SDVariable dense =
        sd.mmul(queries, keys, false, true, false).mul(graph.spec().scale()); // [B, H, T, S]
    SDVariable context = sd.permute(sea.context(), 0, 2, 1, 3); // [B, T, H, D]
    SDVariable teacherContext =
        sd.constant(
            golden
                .tensor("in.teacher_context")
                .castTo(DataType.FLOAT)
                .reshape(graph.batch(), graph.queries(), graph.spec().heads(), -1));
    SDVariable off = context.sub(teacherContext);

    Map<String, SDVariable> losses = new LinkedHashMap<>();
    losses.put("loss.kl_est", distance.divergence(estimated));
    losses.put("loss.mse_est", distance.meanSquare(estimated));
    losses.put("loss.kl_dense", distance.divergence(dense));
    losses.put("loss.mse_dense", distance.meanSquare(dense));
    losses.put("loss.mse_context", off.mul(off).mean());
    SDVariable total = graph.constant(0);
    for (Map.Entry<String, SDVariable> loss : losses.entrySet()) {
      total = total.add(loss.getValue().mul(loss.getKey().contains("kl") ? 0.1 : 1.0));
    }
    losses.put("loss.total", total);
    return losses;
  }

  /** How far attention by some scores is from the teacher's. */
  private record Distance(TestGraph graph, RealPositions positions, SDVariable teacherScores) {

    SDVariable divergence(SDVariable scores) {
      SameDiff sd = graph.sameDiff();
      SDVariable teacher = graph.math().softmax(visible(teacherScores)); // [B, H, T, S]
      SDVariable ratio =
          sd.math().log(teacher.add(1e-12)).sub(graph.math().logSoftmax(visible(scores)));
      SDVariable real = keys().mul(positions.rows(graph)); // [B, 1, T, S]
      return teacher.mul(ratio).mul(real).sum().div(positions.present().sum());
    }

    SDVariable meanSquare(SDVariable scores) {
      SDVariable off =
          graph.math().softmax(visible(scores)).sub(graph.math().softmax(visible(teacherScores)));
      return off.mul(off).mean();
    }

    private SDVariable visible(SDVariable scores) {
      return scores.mul(keys()).add(keys().sub(1.0).mul(HIDDEN));
    }

    private SDVariable keys() {
      return positions.present().reshape(graph.batch(), 1, 1, graph.keys());
    }
  }
}
