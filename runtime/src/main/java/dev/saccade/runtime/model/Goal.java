package dev.saccade.runtime.model;

import dev.saccade.runtime.model.ModelBinding.GraphKey.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * What a learning model makes small.
 *
 * @param objective of the labels
 * @param purpose of the graph that has the loss
 * @param loss the scalar
 * @param parts scalars that a report may show; those that a graph lacks are passed over
 * @param more adds the inputs that the loss needs besides tokens and labels
 */
record Goal(
    Objective objective,
    Purpose purpose,
    String loss,
    List<String> parts,
    BiConsumer<TokenBatch, GraphInputs> more) {

  /** The objective alone. */
  static Goal of(Objective objective) {
    return new Goal(
        objective,
        Purpose.Plain.WHOLE,
        objective.loss(),
        List.of(objective.loss()),
        (batch, inputs) -> {});
  }

  /**
   * Learning from a teacher, which is asked on every step.
   *
   * @param layers of either model
   * @param teacher a model of the same sizes, open as long as this is used
   */
  static Goal from(
      ServedModel teacher, Objective objective, int layers, DistillationWeights weights) {
    List<String> parts = new ArrayList<>();
    parts.add(objective.loss());
    parts.add(DistillationTerms.HIDDEN);
    parts.add(DistillationTerms.LOGITS);
    parts.add(DistillationTerms.MECHANISMS);
    for (int layer = 0; layer < layers; layer++) {
      parts.add(DistillationTerms.ofLayer(layer));
    }
    List<String> needed = DistillationTerms.ofTeacher(objective, layers);
    return new Goal(
        objective,
        new Purpose.Distilling(objective, weights),
        DistillationTerms.LOSS,
        List.copyOf(parts),
        (batch, inputs) -> teacher.copy(batch, inputs, needed, DistillationTerms::teacher));
  }
}
