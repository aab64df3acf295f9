package dev.saccade.runtime.model;

import dev.saccade.runtime.attention.LayerObjective;
import dev.saccade.runtime.engine.GraphOps;
import dev.saccade.runtime.model.DistillationWeights.Layers;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * The loss of a student in its own graph, with what the teacher computed as inputs. Parts that
 * weigh nothing are left out, and so are layers whose mechanism has no objective.
 */
final class DistillationTerms {

  /** The weighted sum of all parts. */
  static final String LOSS = "distillation";

  static final String HIDDEN = "distillation.hidden";
  static final String LOGITS = "distillation.logits";
  static final String MECHANISMS = "distillation.mechanisms";

  /** What a layer's mechanism has of its own objective. */
  static String ofLayer(int layer) {
    return "distillation.layer." + layer;
  }

  private final TransformerParts parts;
  private final SameDiff graph;
  private final DistillationWeights weights;
  private @Nullable SDVariable sum;

  private DistillationTerms(TransformerParts parts, DistillationWeights weights) {
    this.parts = parts;
    this.graph = parts.graph();
    this.weights = weights;
  }

  /** What the teacher must compute. */
  static List<String> ofTeacher(Objective objective, int layers) {
    List<String> names = new ArrayList<>(List.of(objective.logits()));
    for (int n = 0; n <= layers; n++) {
      names.add(GraphNames.hidden(n));
    }
    for (int layer = 0; layer < layers; layer++) {
      for (String which : List.of("query", "key", "value")) {
        names.add(GraphNames.attentionInput(layer, which));
      }
    }
    return names;
  }

  /** An input of the student: what the teacher computed under this name. */
  static String teacher(String name) {
    return "teacher." + name;
  }

  /**
   * Adds {@link #LOSS} to a whole student with its task's loss.
   *
   * @param layers of either model
   */
  static void addTo(
      TransformerParts parts, Objective objective, int layers, DistillationWeights weights) {
    DistillationTerms terms = new DistillationTerms(parts, weights);
    if (weights.task() > 0) {
      terms.add(terms.graph.getVariable(objective.loss()), weights.task());
    }
    if (weights.hidden() > 0) {
      terms.add(terms.hidden(layers).rename(HIDDEN), weights.hidden());
    }
    if (weights.logits() > 0) {
      terms.add(terms.logits(objective).rename(LOGITS), weights.logits());
    }
    if (weights.mechanisms() > 0) {
      @Nullable SDVariable own = terms.mechanisms(layers);
      if (own != null) {
        terms.add(own.rename(MECHANISMS), weights.mechanisms());
      }
    }
    SDVariable total = terms.sum;
    if (total != null) {
      terms.graph.identity(LOSS, total);
    }
  }

  private void add(SDVariable part, double weight) {
    SDVariable weighted = part.mul(weight);
    sum = sum == null ? weighted : sum.add(weighted);
  }

  /** Rows of any width: hidden states or logits. */
  private SDVariable rows(String name, long rows) {
    return graph.placeHolder(teacher(name), DataType.FLOAT, rows, -1);
  }

  private SDVariable heads(int layer, String which) {
    return graph.placeHolder(
        teacher(GraphNames.attentionInput(layer, which)), DataType.FLOAT, parts.headsShape());
  }

  private SDVariable hidden(int layers) {
    @Nullable SDVariable all = null;
    for (int n = 0; n <= layers; n++) {
      String name = GraphNames.hidden(n);
      SDVariable off = graph.getVariable(name).sub(rows(name, parts.rows())); // [B·T, C]
      SDVariable square = GraphOps.mean(off.mul(off), 1).mean();
      all = all == null ? square : all.add(square);
    }
    return Objects.requireNonNull(all).div(layers + 1.0);
  }

  private SDVariable logits(Objective objective) {
    long rows = objective == Objective.CLASS ? parts.batch() : parts.rows(); // N
    SDVariable expected = GraphOps.logSoftmax(rows(objective.logits(), rows)); // [N, V]
    SDVariable found = GraphOps.logSoftmax(graph.getVariable(objective.logits())); // [N, V]
    SDVariable divergence = graph.math().exp(expected).mul(expected.sub(found));
    return GraphOps.sum(divergence, 1).mean();
  }

  /** The mean over those layers that count; the losses of all are there to be looked at. */
  private @Nullable SDVariable mechanisms(int layers) {
    @Nullable SDVariable all = null;
    int counting = weights.layers() == Layers.FIRST ? 1 : layers;
    for (int layer = 0; layer < layers; layer++) {
      if (parts.attended().get(layer).objective().isPresent()) {
        LayerObjective objective =
            parts.objective(
                layer, heads(layer, "query"), heads(layer, "key"), heads(layer, "value"));
        SDVariable loss = graph.identity(ofLayer(layer), objective.loss());
        if (layer < counting) {
          all = all == null ? loss : all.add(loss);
        }
      }
    }
    return all == null ? null : all.div(counting);
  }
}
