package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;

/**
 * The columns of the estimate that are worth an exact look: the greatest of each {@link Grouping}.
 *
 * <p>A column stands for L/M of the L real keys, so k keys are k·M/L columns, times the rows in the
 * group. The count is rounded half to even in float32, as the authors round. Of equal estimates the
 * first wins.
 *
 * @param count how many each group keeps, {@code [B, 1]}
 * @param columns one for kept, zero for dropped, {@code [B, H, T, M]}; no gradient passes
 */
record KeptColumns(SDVariable count, SDVariable columns) {

  /**
   * @param weights estimated attention, zero in the rows of padding, {@code [B, H, T, M]}
   */
  static KeptColumns of(
      LayerGraph graph, SeaOptions options, SDVariable weights, RealPositions positions) {
    long batch = graph.batch();
    long heads = graph.spec().heads();
    long queries = graph.queries();
    long width = options.width();
    SameDiff sd = graph.sameDiff();
    SDVariable count = count(graph, options, positions); // [B, 1]
    SDVariable columns =
        switch (options.grouping()) {
          case QUERY ->
              graph
                  .math()
                  .topMask(weights, count.reshape(batch, 1, 1, 1))
                  .mul(positions.rows(graph));
          case HEAD ->
              graph
                  .math()
                  .topMask(
                      weights.reshape(batch, heads, queries * width), count.reshape(batch, 1, 1))
                  .reshape(batch, heads, queries, width);
          case BATCH ->
              graph
                  .math()
                  .topMask(weights.reshape(batch, heads * queries * width), count)
                  .reshape(batch, heads, queries, width);
          case CAUSAL_BATCH -> {
            SDVariable headsTogether =
                sd.permute(weights, 0, 2, 1, 3).reshape(batch, queries, heads * width);
            SDVariable top =
                graph
                    .math()
                    .topMask(headsTogether, count.reshape(batch, 1, 1))
                    .reshape(batch, queries, heads, width);
            yield sd.permute(top, 0, 2, 1, 3).mul(positions.rows(graph));
          }
        };
    return new KeptColumns(count, columns);
  }

  /** How many columns each group keeps, {@code [B, 1]}. */
  static SDVariable count(LayerGraph graph, SeaOptions options, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    double heads = graph.spec().heads();
    SDVariable length = positions.divisor(graph).reshape(graph.batch(), 1); // [B, 1]
    SDVariable columns =
        graph
            .option(SeaOptions.KEPT)
            .castTo(DataType.DOUBLE)
            .mul(options.oversample())
            .mul(options.width())
            .castTo(DataType.FLOAT); // scalar; k·M
    SDVariable each = length.rdiv(columns); // [B, 1]; k·M/L
    SDVariable ofGroup =
        switch (options.grouping()) {
          case QUERY -> each;
          case HEAD -> length.mul(each);
          case BATCH -> length.mul(heads).mul(each);
          case CAUSAL_BATCH -> each.mul(heads);
        };
    SDVariable rounded = new Rint(sd, ofGroup, false).outputVariable();
    return sd.math()
        .max(rounded, sd.constant(1f))
        .castTo(DataType.INT64) // SameDiff throws where it looks for the gradient of rounding
        .castTo(Tables.elements(graph)); // [B, 1]
  }
}
