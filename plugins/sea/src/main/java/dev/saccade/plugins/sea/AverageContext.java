package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * What the dropped keys stand for: one mixture of values for all queries of a head, weighted by the
 * attention that the estimate gives each key on average.
 *
 * <p>The weights do not sum to one, and the mean is over padded queries too, as published. It is
 * also the way by which the context teaches the estimate: no gradient passes the choice of keys.
 *
 * @param weights of the keys, {@code [B, H, 1, S]}
 * @param context {@code [B, H, 1, D]}
 */
record AverageContext(SDVariable weights, SDVariable context) {

  /**
   * @param estimate zero in the rows of padding, {@code [B, H, T, M]}
   * @param values zero for padding, {@code [B, H, S, D]}
   */
  static AverageContext of(
      LayerGraph graph, int width, SDVariable estimate, ColumnsToKeys toKeys, SDVariable values) {
    SDVariable columns = graph.math().mean(estimate, 2); // [B, H, 1, M]
    SDVariable weights = toKeys.stretch(graph, columns, 1, width); // [B, H, 1, S]
    return new AverageContext(weights, weights.mmul(values)); // [B, H, 1, D]
  }
}
