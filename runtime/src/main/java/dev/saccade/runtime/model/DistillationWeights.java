package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;

/**
 * How much each part of a student's loss counts when it learns from a teacher of the same sizes.
 *
 * <p>Lee et al., SEA, ICLR 2024, and what its published code does:
 *
 * <ul>
 *   <li>the task's own loss
 *   <li>the mean over all hidden states, embeddings and last included, of their mean square
 *       difference
 *   <li>the Kullback-Leibler divergence of the logits, KL(teacher ‖ student), mean over rows
 *   <li>what each layer's mechanism learns by {@linkplain
 *       dev.saccade.api.distill.DistillationObjective an objective of its own}
 * </ul>
 *
 * @param task of the task's own loss
 * @param hidden of the hidden states
 * @param logits of the logits
 * @param mechanisms of the mechanisms' own objectives; those without one add nothing
 * @param layers whose mechanisms count
 */
public record DistillationWeights(
    double task, double hidden, double logits, double mechanisms, Layers layers) {

  /** Of which layers the mechanisms' own objectives count. */
  public enum Layers {
    /** The mean over all. */
    ALL,
    /**
     * The first alone. The published OPT trainer counts no other, by an oversight, unless it
     * recomputes activations; its results were found so.
     */
    FIRST
  }

  /** As for language models. */
  public static final DistillationWeights LANGUAGE =
      new DistillationWeights(0.1, 5, 0.2, 1, Layers.ALL);

  /** As for classifiers. */
  public static final DistillationWeights CLASSIFIER =
      new DistillationWeights(0.1, 10, 0.1, 1, Layers.ALL);

  public DistillationWeights {
    requireSound("task", task);
    requireSound("hidden", hidden);
    requireSound("logits", logits);
    requireSound("mechanisms", mechanisms);
  }

  private static void requireSound(String name, double weight) {
    if (!(weight >= 0 && weight < Double.POSITIVE_INFINITY)) {
      throw new SaccadeException(
          "weight %s must be at least 0 and finite but is %s".formatted(name, weight));
    }
  }

  /** The same weights with the mechanisms of these layers. */
  public DistillationWeights withLayers(Layers others) {
    return new DistillationWeights(task, hidden, logits, mechanisms, others);
  }
}
