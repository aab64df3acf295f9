package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Which positions are real and which are padding, where among the real ones each stands, and which
 * keys a query sees. Without a mask of padding all positions are real.
 *
 * <p>Two axes are as short as they can be: <b>b</b> is B if there may be padding and 1 if all
 * sequences are alike; <b>R</b> is T in causal attention, where every query sees other keys, and 1
 * elsewhere.
 *
 * <p>Padding may be anywhere; in causal attention it belongs behind the real positions, as in the
 * published code. There, padding before them is hidden too, but a sequence still begins where its
 * padding begins: positions are counted from there.
 *
 * @param sequences b
 * @param present one for real, zero for padding, {@code [b, T]}
 * @param rank how many real positions there are up to this one, itself included, {@code [b, T]}
 * @param length how many keys a query sees, {@code [b, R, 1]}
 * @param visible one where a query sees a key, {@code [b, R, S]}
 * @param rows zero in the rows that the estimate leaves out, {@code [b, 1, T, 1]}: those of padding
 *     or, in causal attention, those that see no key. Rows of causal padding that follow real keys
 *     are computed, and of no account, since no real query sees them.
 */
record RealPositions(
    long sequences,
    SDVariable present,
    SDVariable rank,
    SDVariable length,
    SDVariable visible,
    SDVariable rows) {

  static RealPositions of(LayerGraph graph, AttentionMask mask) {
    long sequences = mask.keys().isPresent() ? graph.batch() : 1; // b
    long keys = graph.keys();
    SDVariable present = mask.keys().orElseGet(() -> Tables.ones(graph, 1, keys)); // [b, T]
    SDVariable rank = graph.math().cumulativeSum(present, 1); // [b, T]
    SDVariable columns = present.reshape(sequences, 1, keys); // [b, 1, S]
    if (mask.masking().causal()) {
      SDVariable past = Tables.past(graph, 1).reshape(1, keys, keys);
      SDVariable some = graph.sameDiff().math().min(rank, graph.constant(1)); // [b, T]
      return new RealPositions(
          sequences,
          present,
          rank,
          rank.reshape(sequences, keys, 1),
          columns.mul(past),
          some.reshape(sequences, 1, keys, 1));
    }
    return new RealPositions(
        sequences,
        present,
        rank,
        graph.math().sum(columns, 2),
        columns,
        present.reshape(sequences, 1, keys, 1));
  }

  /** {@link #rank} in float32, in which the authors round, {@code [b, 1, S]}. */
  SDVariable rankOfColumns(LayerGraph graph) {
    return rank.castTo(DataType.FLOAT).reshape(sequences, 1, graph.keys());
  }

  /**
   * {@link #length} in float32, in which the authors round, {@code [b, R, 1]}; at least one, so
   * that a query that sees nothing divides by something.
   */
  SDVariable divisor(LayerGraph graph) {
    SameDiff sd = graph.sameDiff();
    return sd.math().max(length.castTo(DataType.FLOAT), sd.constant(1f));
  }

  /**
   * Where each position stands between the first real one, 0, and the last, 1: {@code [b, 1, T,
   * 1]}. A lone position stands at 0. Only where every query sees the same keys.
   */
  SDVariable progress(LayerGraph graph) {
    SameDiff sd = graph.sameDiff();
    SDVariable span = sd.math().max(length.sub(1.0), graph.constant(1)); // [b, 1, 1]
    return rank.reshape(sequences, graph.queries(), 1)
        .sub(1.0)
        .div(span)
        .reshape(sequences, 1, graph.queries(), 1);
  }
}
