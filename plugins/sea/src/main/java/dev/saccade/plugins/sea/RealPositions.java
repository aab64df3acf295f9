package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Which positions are real and which are padding, and where among the real ones each stands.
 * Padding may be anywhere. Without a mask all positions are real.
 *
 * @param present one for real, zero for padding, {@code [B, T]}
 * @param rank how many real positions there are up to this one, itself included, {@code [B, T]}
 * @param length how many real positions there are, {@code [B, 1, 1]}
 */
record RealPositions(SDVariable present, SDVariable rank, SDVariable length) {

  static RealPositions of(LayerGraph graph, AttentionMask mask) {
    SDVariable present =
        mask.keys().orElseGet(() -> Tables.ones(graph, graph.batch(), graph.keys())); // [B, T]
    SDVariable rank = graph.math().cumulativeSum(present, 1); // [B, T]
    SDVariable length =
        graph.math().sum(present.reshape(graph.batch(), 1, graph.keys()), 2); // [B, 1, 1]
    return new RealPositions(present, rank, length);
  }

  /** {@link #present} as a factor of rows, {@code [B, 1, T, 1]}. */
  SDVariable rows(LayerGraph graph) {
    return present.reshape(graph.batch(), 1, graph.queries(), 1);
  }

  /** {@link #present} as a factor of columns, {@code [B, 1, S]}. */
  SDVariable columns(LayerGraph graph) {
    return present.reshape(graph.batch(), 1, graph.keys());
  }

  /** {@link #rank} in float32, in which the authors round, {@code [B, 1, S]}. */
  SDVariable rankOfColumns(LayerGraph graph) {
    return rank.castTo(DataType.FLOAT).reshape(graph.batch(), 1, graph.keys());
  }

  /**
   * {@link #length} in float32, in which the authors round, {@code [B, 1, 1]}; at least one, so
   * that a sequence of nothing but padding divides by something.
   */
  SDVariable divisor(LayerGraph graph) {
    SameDiff sd = graph.sameDiff();
    return sd.math().max(length.castTo(DataType.FLOAT), sd.constant(1f));
  }

  /**
   * Where each position stands between the first real one, 0, and the last, 1: {@code [B, 1, T,
   * 1]}. A lone position stands at 0.
   */
  SDVariable progress(LayerGraph graph) {
    SameDiff sd = graph.sameDiff();
    SDVariable span = sd.math().max(length.sub(1.0), graph.constant(1)); // [B, 1, 1]
    return rank.reshape(graph.batch(), graph.queries(), 1)
        .sub(1.0)
        .div(span)
        .reshape(graph.batch(), 1, graph.queries(), 1);
  }
}
