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
 * group. In causal attention every query has an L of its own, t + 1; padding counts, as published.
 * The count is rounded half to even in float32, as the authors round. Of equal estimates the first
 * wins.
 *
 * @param count how many each group keeps, {@code [b, R]} with b and R as in {@link RealPositions},
 *     but {@code [1, T]} in causal attention
 * @param winners one for the greatest of each group, zero elsewhere, the groups' entries last
 * @param columns one for kept, zero for dropped, {@code [B, H, T, M]}; no gradient passes. Where a
 *     group is within a query, the rows that are left out keep none
 */
record KeptColumns(SDVariable count, SDVariable winners, SDVariable columns) {

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
    boolean causal = graph.spec().masking().causal();
    long sequences = causal ? 1 : positions.sequences();
    long rows = causal ? queries : 1;
    SDVariable count = count(graph, options, positions); // [sequences, rows]
    SDVariable competing =
        switch (options.grouping()) {
          case QUERY -> weights;
          case HEAD -> weights.reshape(batch, heads, queries * width);
          case BATCH -> weights.reshape(batch, heads * queries * width);
          case CAUSAL_BATCH ->
              sd.permute(weights, 0, 2, 1, 3).reshape(batch, queries, heads * width);
        };
    SDVariable counts =
        switch (options.grouping()) {
          case QUERY -> count.reshape(sequences, 1, rows, 1);
          case HEAD -> count.reshape(sequences, 1, 1);
          case BATCH -> count;
          case CAUSAL_BATCH -> count.reshape(sequences, rows, 1);
        };
    SDVariable winners = graph.math().topMask(competing, counts);
    SDVariable columns =
        switch (options.grouping()) {
          case QUERY -> winners.mul(positions.rows());
          case HEAD, BATCH -> winners.reshape(batch, heads, queries, width);
          case CAUSAL_BATCH ->
              sd.permute(winners.reshape(batch, queries, heads, width), 0, 2, 1, 3)
                  .mul(positions.rows());
        };
    return new KeptColumns(count, winners, columns);
  }

  /** How many columns each group keeps. */
  static SDVariable count(LayerGraph graph, SeaOptions options, RealPositions positions) {
    SameDiff sd = graph.sameDiff();
    double heads = graph.spec().heads();
    SDVariable length = lengths(graph, positions); // [b, 1] or [1, T]
    SDVariable columns =
        graph
            .option(SeaOptions.KEPT)
            .castTo(DataType.DOUBLE)
            .mul(options.oversample())
            .mul(options.width())
            .castTo(DataType.FLOAT); // scalar; k·M
    SDVariable each = length.rdiv(columns); // k·M/L
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
        .castTo(Tables.elements(graph));
  }

  private static SDVariable lengths(LayerGraph graph, RealPositions positions) {
    if (!graph.spec().masking().causal()) {
      return positions.divisor(graph).reshape(positions.sequences(), 1); // [b, 1]
    }
    int queries = Math.toIntExact(graph.queries());
    return Tables.countingUp(graph, DataType.FLOAT, queries).add(1.0).reshape(1, queries); // [1, T]
  }
}
