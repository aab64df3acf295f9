package dev.saccade.plugins.baselines;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/** Softmax over some of the elements of a row. */
final class Masked {

  /** Far below any logit, and finite when a logit is added. */
  private static final double INVISIBLE = -1e30;

  private Masked() {}

  /**
   * Weights that sum to one over the visible elements of a row, and are zero elsewhere; all zero in
   * a row of which nothing is visible.
   *
   * @param visible one or zero, broadcastable to the logits
   */
  static SDVariable softmax(LayerGraph graph, SDVariable logits, SDVariable visible) {
    SDVariable bias = visible.rsub(1.0).mul(INVISIBLE);
    return graph.math().softmax(logits.add(bias)).mul(visible);
  }
}
