package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionSpec;
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
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Every step against what the published implementation computed. A few cases are in the resources;
 * {@code -Dgolden.dir=FOLDER} runs all those in FOLDER/sea.
 */
class PublishedStepsTest {

  private static final Set<String> EXACT =
      Set.of("x.per_item_top_k", "x.topk_mask_m", "x.partial_mask_t");

  private static final Set<String> DEPENDING_ON_SCORES =
      Set.of(
          "x.partial_attention_probs_before_scaler",
          "x.partial_attention_probs",
          "x.partial_context_before_mix",
          "x.partial_context_after_mix");

  @ParameterizedTest
  @MethodSource("resources")
  void every_step_is_as_published(Path manifest) throws IOException {
    assertAsPublished(GoldenCase.read(manifest));
  }

  @Test
  void every_step_is_as_published_in_the_golden_folder() throws IOException {
    List<Path> manifests = GoldenCase.manifests(GoldenCase.folder("sea"));

    assertThat(manifests).isNotEmpty();
    for (Path manifest : manifests) {
      assertAsPublished(GoldenCase.read(manifest));
    }
  }

  static List<Path> resources() throws IOException, URISyntaxException {
    return GoldenCase.manifests(
        Path.of(Objects.requireNonNull(PublishedStepsTest.class.getResource("/golden")).toURI()));
  }

  private static void assertAsPublished(GoldenCase golden) {
    run(golden)
        .forEach(
            (step, actual) -> {
              INDArray expected = golden.tensor(step);
              assertClose(
                  golden.name() + " " + step,
                  actual.reshape(expected.shape()),
                  expected,
                  EXACT.contains(step) ? 0 : golden.tolerance(step));
            });
  }

  private static Map<String, INDArray> run(GoldenCase golden) {
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    AttentionSpec spec = golden.spec();
    SeaOptions options = SeaOptions.from(Options.parse(SeaOptions.SCHEMA, golden.options()));
    TestGraph graph =
        new TestGraph(spec, query.size(0), query.size(2), golden.config("k").asInt(), Set.of());
    for (Parameter parameter : SeaParameters.of(spec, options)) {
      INDArray value = golden.tensor("w." + SeaParameters.checkpointName(parameter, options));
      assertThat(value.shape()).as(parameter.name()).isEqualTo(parameter.shape().toArray());
      graph.withParameter(parameter.name(), value);
    }

    SeaSteps sea =
        SeaSteps.of(
            graph,
            options,
            graph.input("query", query),
            graph.input("key", golden.tensor("in.k")),
            graph.input("value", golden.tensor("in.v")),
            graph.mask(golden.padded() ? golden.realPositions() : null));

    Map<String, SDVariable> steps = published(sea);
    steps.keySet().removeIf(step -> !golden.tensors().containsKey(step)); // some lack the CNN's
    if (!golden.scaledByRootOfHeadSize()) {
      // The reference forgets 1/√D when it has no teacher; SEA here never does.
      steps.keySet().removeAll(DEPENDING_ON_SCORES);
    }
    return graph.evaluate(steps);
  }

  private static Map<String, SDVariable> published(SeaSteps sea) {
    Map<String, SDVariable> steps = new LinkedHashMap<>();
    steps.put("x.v_for_atten", sea.placed().placed());
    steps.put("x.performer_q_prime", sea.performer().queryFeatures());
    steps.put("x.performer_k_prime", sea.performer().keyFeatures());
    steps.put("x.performer_context_layer", sea.performer().context());
    steps.put("x.t_attention_predictor", sea.estimate().encoded());
    steps.put("x.estimated_attention_score_dec_row", sea.estimate().strips());
    steps.put("x.cnn.0.net.5", sea.estimate().painted().joined());
    steps.put("x.estimated_attention_score", sea.estimate().painted().scores());
    steps.put("x.estimated_attention_probs", sea.estimate().weights());
    steps.put("x.masked_estimated_attention_probs", sea.maskedEstimate());
    steps.put("x.per_item_top_k", sea.columns().count());
    steps.put("x.topk_mask_m", sea.columns().columns());
    steps.put("x.partial_mask_t", sea.kept());
    steps.put("x.partial_attention_probs_before_scaler", sea.attention().softmax());
    steps.put("x.estimated_scales", sea.gates());
    steps.put("x.partial_attention_probs", sea.attention().weights());
    steps.put("x.partial_context_before_mix", sea.attention().context());
    steps.put("x.average_weights_t", sea.average().weights());
    steps.put("x.average_context_layer", sea.average().context());
    steps.put("x.average_scale", sea.mixture());
    steps.put("x.partial_context_after_mix", sea.context());
    return steps;
  }
}
