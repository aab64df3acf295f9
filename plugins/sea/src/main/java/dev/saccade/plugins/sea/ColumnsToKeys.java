package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;

/**
 * Stretches M columns over the real keys of each sequence: every real key takes the value of one
 * column, padding takes zero.
 *
 * <p>Key j of L belongs to column ⌊(j + ½)·M/L⌋, a tie to the lower column. With more keys than
 * columns a column is shared by neighbouring keys; with fewer, some columns have no key. Nothing is
 * averaged, so a mask of zeros and ones stays one.
 *
 * <p>Worked out in float32 as the authors do, so that the same keys are kept.
 *
 * @param share one where a column stands for a key, {@code [B, M, S]}; no row for padding
 */
record ColumnsToKeys(SDVariable share) {

  /** Sends a key that lies between two columns to the lower one. */
  private static final double TIE = 1e-4;

  static ColumnsToKeys of(LayerGraph graph, int width, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable column =
        sd.math()
            .floor(
                positions
                    .rankOfColumns(graph) // [B, 1, S]; j + 1
                    .sub(0.5)
                    .div(positions.divisor(graph))
                    .mul(width)
                    .sub(TIE)); // [B, 1, S]
    SDVariable first = sd.math().max(column, sd.constant(0f)); // [B, 1, S]; -TIE is column 0
    SDVariable numbers =
        Tables.countingUp(graph, DataType.FLOAT, width).reshape(1, width, 1); // [1, M, 1]
    SDVariable share = first.eq(numbers).castTo(Tables.elements(graph)); // [B, M, S]
    return new ColumnsToKeys(share.mul(positions.columns(graph)));
  }

  /** {@code [B, H, rows, M]} to {@code [B, H, rows, S]}. */
  SDVariable stretch(LayerGraph graph, SDVariable columns, long rows, int width) {
    long batch = graph.batch();
    long heads = graph.spec().heads();
    return columns
        .reshape(batch, heads * rows, width)
        .mmul(share)
        .reshape(batch, heads, rows, graph.keys());
  }

  /**
   * Which keys remain when o times too many columns are kept and every column is thinned out to one
   * o-th of its keys, evenly spaced: {@code [B, 1, 1, S]}, one for those that remain.
   */
  static SDVariable thinning(LayerGraph graph, double oversample, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable length = positions.divisor(graph); // [B, 1, 1]
    SDVariable k = graph.option(SeaOptions.KEPT).castTo(DataType.FLOAT); // scalar
    SDVariable most = rounded(sd, k.mul(oversample)); // scalar
    SDVariable spacing = sd.math().min(sd.math().max(length, k), most).div(k); // [B, 1, 1]
    SDVariable places = sd.math().max(rounded(sd, length.div(oversample)), sd.constant(1f));
    SDVariable number =
        Tables.countingUp(graph, DataType.FLOAT, Math.toIntExact(graph.keys())).add(1.0); // [S]
    SDVariable at = number.reshape(1, 1, graph.keys()).div(length).mul(places); // [B, 1, S]
    SDVariable off = sd.math().abs(at.sub(rounded(sd, at))); // [B, 1, S]; from the nearest place
    SDVariable near = spacing.rdiv(1.0).mul(0.5).add(TIE); // [B, 1, 1]
    return off.lte(near).castTo(Tables.elements(graph)).reshape(graph.batch(), 1, 1, graph.keys());
  }

  private static SDVariable rounded(SameDiff sd, SDVariable x) {
    return new Rint(sd, x, false).outputVariable();
  }
}
