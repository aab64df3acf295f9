package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;

/** What the dropped keys stand for: a mixture of values that costs no attention. */
final class AverageContext {

  private AverageContext() {}

  /**
   * One mixture for all queries of a head, weighted by the attention that the estimate gives each
   * key on average, {@code [B, H, 1, D]}.
   *
   * @param weights from {@link #weights}
   * @param values zero for padding, {@code [B, H, S, D]}
   */
  static SDVariable ofAll(SDVariable weights, SDVariable values) {
    return weights.mmul(values); // [B, H, 1, D]
  }

  /**
   * How much attention each key gets on average, {@code [B, H, 1, S]}.
   *
   * <p>The weights do not sum to one, and the mean is over padded queries too, as published. It is
   * also the way by which the context teaches the estimate: no gradient passes the choice of keys.
   *
   * @param estimate zero in the rows of padding, {@code [B, H, T, M]}
   */
  static SDVariable weights(LayerGraph graph, SDVariable estimate, ColumnsToKeys toKeys) {
    SDVariable columns = graph.math().mean(estimate, 2); // [B, H, 1, M]
    return toKeys.stretch(graph, columns, graph.spec().heads(), 1);
  }

  /**
   * The mean of the values so far, {@code [B, H, T, D]}: what causal attention can have, since a
   * mean over queries would tell early ones of later ones.
   *
   * @param values {@code [B, H, S, D]}
   */
  static SDVariable soFar(LayerGraph graph, SDVariable values) {
    return graph.math().cumulativeSum(values, 2).div(positionsSoFar(graph));
  }

  /** What the mean of the values so far gives each key, {@code [b, 1, T, S]}. */
  static SDVariable weightsSoFar(LayerGraph graph, RealPositions positions) {
    long keys = graph.keys();
    SDVariable counted = positions.rows().reshape(positions.sequences(), 1, 1, keys);
    return Tables.past(graph, 1)
        .reshape(1, 1, graph.queries(), keys)
        .mul(counted)
        .div(positionsSoFar(graph));
  }

  /** {@code [1, 1, T, 1]}. */
  private static SDVariable positionsSoFar(LayerGraph graph) {
    int queries = Math.toIntExact(graph.queries());
    return Tables.countingUp(graph, DataType.DOUBLE, queries)
        .add(1.0)
        .castTo(Tables.elements(graph))
        .reshape(1, 1, queries, 1);
  }
}
