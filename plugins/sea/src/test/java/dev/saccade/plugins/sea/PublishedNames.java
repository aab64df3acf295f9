package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** The steps of SEA by the names that the golden vectors give them. */
final class PublishedNames {

  private PublishedNames() {}

  static Map<String, SDVariable> of(LayerGraph graph, SeaOptions options, SeaSteps sea) {
    SameDiff sd = graph.sameDiff();
    long batch = graph.batch();
    long heads = graph.spec().heads();
    long queries = graph.queries();
    SDVariable scores = sea.estimate().painted().scores();
    Map<String, SDVariable> steps = new LinkedHashMap<>();
    steps.put("x.performer_projection_matrix", graph.parameter(SeaParameters.PROJECTION));
    steps.put("x.v_for_atten", sea.placed().placed());
    steps.put("x.performer_q_prime", sea.performer().queryFeatures());
    steps.put("x.performer_k_prime", sea.performer().keyFeatures());
    steps.put("x.performer_context_layer", sea.performer().context());
    steps.put("x.performer_value", sd.concat(3, sea.performer().context(), sea.placed().values()));
    steps.put("x.t_attention_predictor", sea.estimate().encoded());
    steps.put("x.estimated_attention_score_dec_row", sea.estimate().strips());
    addPainting(steps, sea.estimate().painted());
    steps.put("x.estimated_attention_score", scores);
    steps.put("x.estimated_attention_probs", sea.estimate().weights());
    steps.put("x.masked_estimated_attention_probs", sea.maskedEstimate());
    steps.put(
        "x.estimated_attention_score_resized", sea.toKeys().stretch(graph, scores, heads, queries));
    steps.put(
        "x.estimated_attention_probs_resized",
        sea.toKeys().stretch(graph, sea.estimate().weights(), heads, queries));
    steps.put("x.per_item_top_k", sea.columns().count());
    steps.put("x.topk_alive_m_raw", sea.columns().winners());
    steps.put("x.topk_mask_m", sea.columns().columns());
    steps.put("x.partial_mask_t", sea.kept());
    steps.put("x.attention_scores_dense", sea.attention().scores());
    steps.put("x.partial_attention_probs_before_scaler", sea.attention().softmax());
    steps.put("x.estimated_scales", sea.gates());
    steps.put("x.partial_attention_probs", sea.attention().weights());
    steps.put("x.partial_context_before_mix", sea.attention().context());
    if (!graph.spec().masking().causal()) {
      steps.put(
          "x.average_weights_t", // one for all queries of a head, as a column
          AverageContext.weights(graph, sea.maskedEstimate(), sea.toKeys())
              .reshape(batch, heads, queries, 1));
    }
    steps.put("x.average_context_layer", sea.average());
    steps.put("x.average_scale", sea.mixture());
    steps.put("x.partial_context_after_mix", sea.context());
    steps.put(
        "x.context_layer",
        sd.permute(sea.context(), 0, 2, 1, 3)
            .reshape(batch, queries, heads * graph.spec().headSize()));
    return steps;
  }

  private static void addPainting(Map<String, SDVariable> steps, Painting painting) {
    if (painting instanceof PaintedRows rows) {
      steps.put("x.cnn.0.net.0", rows.halved());
      steps.put("x.cnn.0.net.2", rows.refined());
      steps.put("x.cnn.0.net.4", rows.doubled());
      steps.put("x.cnn.0.net.5", rows.joined());
      steps.put("x.cnn.0", rows.scores());
    } else if (painting instanceof PaintedPast past) {
      int layers = past.refined().size();
      steps.put("x.cnn.0.module", past.normalised());
      for (int layer = 0; layer < layers; layer++) {
        steps.put("x.cnn.1.module.net.%d.module".formatted(2 * layer), past.refined().get(layer));
      }
      steps.put("x.cnn.1.module.net.%d.module".formatted(2 * layers), past.wide());
      steps.put("x.cnn.1.module.net.%d.module".formatted(2 * layers + 1), past.joined());
      steps.put("x.cnn.1.module", past.resized());
      steps.put("x.cnn.2.module", past.scores());
    }
  }
}
