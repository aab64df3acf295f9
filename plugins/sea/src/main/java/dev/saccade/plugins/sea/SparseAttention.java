package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * softmax(QKᵀ/√D)·V over the kept keys alone. A query without any gets weights and context of zero.
 *
 * <p>The recipe multiplies all scores out and hides those that were not kept.
 *
 * @param scores of all keys, {@code [B, H, T, S]}
 * @param softmax the weights before the gate, {@code [B, H, T, S]}; rows sum to one or zero
 * @param weights after the gate, {@code [B, H, T, S]}
 * @param context {@code [B, H, T, D]}
 */
record SparseAttention(
    SDVariable scores, SDVariable softmax, SDVariable weights, SDVariable context) {

  /** Hides a score, and stays finite in every row; added, because rows without keys need it too. */
  private static final double HIDDEN = 1e9;

  /**
   * @param kept one for a kept key, {@code [B, H, T, S]}
   * @param gate what a whole row is scaled by, {@code [B, H, T, 1]}
   * @param scale of the scores, 1/√D unless the query is scaled
   */
  static SparseAttention of(
      LayerGraph graph,
      SDVariable query,
      SDVariable key,
      SDVariable values,
      SDVariable kept,
      SDVariable gate,
      double scale) {
    SDVariable scores =
        graph.sameDiff().mmul(query, key, false, true, false).mul(scale); // [B, H, T, S]
    SDVariable logits = scores.add(kept.sub(1.0).mul(HIDDEN)); // [B, H, T, S]
    SDVariable softmax = graph.math().softmax(logits).mul(kept); // [B, H, T, S]
    SDVariable weights = softmax.mul(gate); // [B, H, T, S]
    return new SparseAttention(scores, softmax, weights, weights.mmul(values)); // [B, H, T, D]
  }
}
