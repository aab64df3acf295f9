package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Stretches M columns over the keys that a query sees: each of them takes the value of one column,
 * every other key takes zero.
 *
 * <p>Key j of L belongs to column ⌊(j + ½)·M/L⌋, a tie to the lower column. With more keys than
 * columns a column is shared by neighbouring keys; with fewer, some columns have no key. Nothing is
 * averaged, so a mask of zeros and ones stays one.
 *
 * <p>Worked out in float32 as the authors do, so that the same keys are kept.
 *
 * @param column of every key in the eyes of every query, M for a key that it does not see, {@code
 *     [b, R, S]} in float32; b and R as in {@link RealPositions}
 * @param sequences b
 * @param width M
 */
record ColumnsToKeys(SDVariable column, long sequences, int width) {

  /** Sends a key that lies between two columns to the lower one. */
  static final double TIE = 1e-4;

  /** Causal queries are stretched so many at a time, since each needs a table of M·S. */
  private static final long ROWS_AT_ONCE = 64;

  static ColumnsToKeys of(LayerGraph graph, int width, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    SDVariable middle =
        positions
            .rankOfColumns(graph) // [b, 1, S]; j + 1
            .sub(0.5)
            .div(positions.divisor(graph))
            .mul(width)
            .sub(TIE); // [b, R, S]
    SDVariable column = sd.math().max(sd.math().floor(middle), sd.constant(0f)); // -TIE is column 0
    SDVariable visible = positions.visible().castTo(DataType.FLOAT); // [b, R, S]
    return new ColumnsToKeys(
        column.mul(visible).add(visible.rsub(1.0).mul(width)), positions.sequences(), width);
  }

  /** {@code [B, H, rows, M]}, for any number of heads and rows, to {@code [B, H, rows, S]}. */
  SDVariable stretch(LayerGraph graph, SDVariable columns, long heads, long rows) {
    if (graph.spec().masking().causal()) {
      return eachQueryItsOwn(graph, columns, heads);
    }
    SDVariable share = share(graph, column, 1); // [b, M, S]
    return columns
        .reshape(sequences, graph.batch() / sequences * heads * rows, width)
        .mmul(share)
        .reshape(graph.batch(), heads, rows, graph.keys());
  }

  private SDVariable eachQueryItsOwn(LayerGraph graph, SDVariable columns, long heads) {
    SameDiff sd = graph.sameDiff();
    long batch = graph.batch();
    long queries = graph.queries();
    long keys = graph.keys();
    long together = batch / sequences * heads; // what the table of a query serves
    SDVariable byQuery =
        sd.permute(columns.reshape(sequences, together, queries, width), 0, 2, 1, 3);
    // [b, T, together, M]
    List<SDVariable> blocks = new ArrayList<>();
    for (long first = 0; first < queries; first += ROWS_AT_ONCE) {
      long rows = Math.min(ROWS_AT_ONCE, queries - first);
      SDVariable seen = Tables.slice(byQuery, 1, first, rows, sequences, queries, together, width);
      SDVariable share =
          share(graph, Tables.slice(column, 1, first, rows, sequences, queries, keys), rows);
      blocks.add(
          seen.reshape(sequences * rows, together, width)
              .mmul(share) // [b·rows, together, S]
              .reshape(sequences, rows, together, keys));
    }
    SDVariable all = // [b, T, together, S]
        blocks.size() == 1 ? blocks.get(0) : sd.concat(1, blocks.toArray(SDVariable[]::new));
    return sd.permute(all, 0, 2, 1, 3).reshape(batch, heads, queries, keys);
  }

  /** One where a column stands for a key, {@code [b·rows, M, S]}. */
  SDVariable share(LayerGraph graph, SDVariable columnOfKey, long rows) {
    SDVariable numbers =
        Tables.countingUp(graph, DataType.FLOAT, width).reshape(1, width, 1); // [1, M, 1]
    return columnOfKey
        .reshape(sequences * rows, 1, graph.keys())
        .eq(numbers)
        .castTo(Tables.elements(graph));
  }
}
