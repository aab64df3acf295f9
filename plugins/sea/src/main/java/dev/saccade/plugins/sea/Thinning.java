package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;

/**
 * Rules that drop some of the keys under a kept column. Both give one for a key that remains,
 * {@code [b, 1, R, S]} with b and R as in {@link RealPositions}, and compute in float32 as the
 * authors do.
 */
final class Thinning {

  private Thinning() {}

  /**
   * Which keys remain when o times too many columns are kept and every column is thinned out to one
   * o-th of its keys, evenly spaced.
   */
  static SDVariable evenly(LayerGraph graph, double oversample, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable length = positions.divisor(graph); // [b, R, 1]
    SDVariable k = kept(graph); // scalar
    SDVariable most = rounded(sd, k.mul(oversample)); // scalar
    SDVariable spacing = sd.math().min(sd.math().max(length, k), most).div(k); // [b, R, 1]
    SDVariable places = sd.math().max(rounded(sd, length.div(oversample)), sd.constant(1f));
    SDVariable number =
        Tables.countingUp(graph, DataType.FLOAT, Math.toIntExact(graph.keys())).add(1.0); // [S]
    SDVariable at = number.reshape(1, 1, graph.keys()).div(length).mul(places); // [b, R, S]
    SDVariable off = sd.math().abs(at.sub(rounded(sd, at))); // [b, R, S]; from the nearest place
    SDVariable near = spacing.rdiv(1.0).mul(0.5).add(ColumnsToKeys.TIE); // [b, R, 1]
    return remaining(graph, positions, off.lte(near));
  }

  /**
   * Which keys remain when a column keeps at most k of its n: those at the distances ⌊i·(n/k)⌋ from
   * its last key, i = 0 … k − 1. This is what bounds the work for a query by the number of kept
   * columns times k, whatever the length.
   */
  static SDVariable toAtMostK(LayerGraph graph, ColumnsToKeys toKeys, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable perColumn = positions.divisor(graph).div(toKeys.width()); // [b, R, 1]; L/M
    SDVariable begin = border(toKeys.column(), perColumn); // [b, R, S]
    SDVariable end = border(toKeys.column().add(1.0), perColumn); // [b, R, S]
    SDVariable n = sd.math().max(end.sub(begin), sd.constant(1f)); // [b, R, S]
    SDVariable few = sd.math().min(n, kept(graph)); // [b, R, S]
    SDVariable step = n.div(few); // [b, R, S]
    SDVariable distance = end.sub(positions.rankOfColumns(graph)); // [b, R, S]; from the last key
    SDVariable nearest = sd.math().ceil(distance.div(step)); // [b, R, S]; i, give or take rounding
    SDVariable reached = sd.constant(0f);
    for (int off = -1; off <= 1; off++) {
      SDVariable i = nearest.add((double) off);
      SDVariable place = sd.math().floor(i.mul(step)); // [b, R, S]
      SDVariable here = place.eq(distance).castTo(DataType.FLOAT);
      reached = sd.math().max(reached, here.mul(i.lt(few).castTo(DataType.FLOAT)));
    }
    return remaining(graph, positions, reached);
  }

  /**
   * The first key of a column, and the end of the one before it.
   *
   * @param perColumn how many keys a column has on average
   */
  static SDVariable border(SDVariable column, SDVariable perColumn) {
    return column.getSameDiff().math().floor(column.mul(perColumn).add(0.5)); // half up
  }

  private static SDVariable kept(LayerGraph graph) {
    return graph.option(SeaOptions.KEPT).castTo(DataType.FLOAT);
  }

  /** {@code [b, R, S]} of any type to {@code [b, 1, R, S]}. */
  private static SDVariable remaining(
      LayerGraph graph, RealPositions positions, SDVariable remains) {
    long rows = graph.spec().masking().causal() ? graph.queries() : 1; // R
    return remains
        .castTo(Tables.elements(graph))
        .reshape(positions.sequences(), 1, rows, graph.keys());
  }

  /** Half to even. */
  private static SDVariable rounded(SameDiff sd, SDVariable x) {
    return new Rint(sd, x, false).outputVariable();
  }
}
