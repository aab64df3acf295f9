package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * SEA attention step by step as in the paper. Every step can be looked at: probes, objectives and
 * tests take what they need.
 *
 * <p>Causal attention takes the same steps; those that would look ahead are replaced: positions are
 * learned, the performer and the average run over the past, convolutions look back, and every query
 * stretches the columns over the keys that it sees.
 *
 * @param positions which of them are real, and which keys a query sees
 * @param toKeys how columns of the estimate become keys
 * @param skip which queries the estimate is made for
 * @param placed values, and values with their positions
 * @param performer every estimated query's rough context
 * @param estimate of the attention matrix, M wide
 * @param maskedEstimate its weights for every query, zero in rows left out, {@code [B, H, T, M]}
 * @param columns the kept columns of the estimate
 * @param kept the kept keys, one or zero, {@code [B, H, T, S]}
 * @param gates before the logistic function: of the row, and of the mixture, {@code [B, H, T, 2]}
 * @param attention to the kept keys
 * @param average what stands in for all others, {@code [B, H, 1 or T, D]}
 * @param mixture β, the part that sparse attention has in the context, {@code [B, H, T, 1]}
 * @param context {@code [B, H, T, D]}
 */
record SeaSteps(
    RealPositions positions,
    ColumnsToKeys toKeys,
    QuerySkip skip,
    PlacedValues placed,
    Performer performer,
    Estimate estimate,
    SDVariable maskedEstimate,
    KeptColumns columns,
    SDVariable kept,
    SDVariable gates,
    SparseAttention attention,
    SDVariable average,
    SDVariable mixture,
    SDVariable context) {

  static SeaSteps of(
      LayerGraph graph,
      SeaOptions options,
      SDVariable unscaled,
      SDVariable key,
      SDVariable value,
      AttentionMask mask) {
    boolean causal = mask.masking().causal();
    long heads = graph.spec().heads();
    long size = graph.spec().headSize();
    int width = options.width();
    double scale = graph.spec().scale();
    SDVariable query = options.scaling() == Scaling.QUERIES ? unscaled.mul(scale) : unscaled;
    RealPositions positions = RealPositions.of(graph, mask);
    ColumnsToKeys toKeys = ColumnsToKeys.of(graph, width, positions);
    QuerySkip skip = QuerySkip.of(graph, options);

    // Estimate, for every query or every n-th.
    PlacedValues placed =
        causal
            ? PlacedValues.learned(graph, value, positions)
            : PlacedValues.betweenEnds(graph, value, positions);
    SDVariable asked = skip.sample(graph, query, size); // [B, H, T′, D]
    Performer performer =
        causal
            ? CausalPerformer.of(graph, options, skip, asked, key, placed.placed())
            : Performer.of(graph, options, skip, asked, key, placed.placed());
    Estimate estimate =
        Estimate.of(
            graph, options, skip, performer.context(), skip.sample(graph, placed.values(), size));
    SDVariable maskedEstimate =
        skip.repeat(graph, estimate.weights(), width).mul(positions.rows()); // [B, H, T, M]

    // Keep the greatest.
    KeptColumns columns = KeptColumns.of(graph, options, maskedEstimate, positions);
    SDVariable kept =
        toKeys.stretch(graph, columns.columns(), heads, graph.queries()); // [B, H, T, S]
    if (options.oversample() > 1) {
      kept = kept.mul(Thinning.evenly(graph, options.oversample(), positions));
    }
    if (options.keyRule() == KeyRule.AT_MOST_K) {
      kept = kept.mul(Thinning.toAtMostK(graph, toKeys, positions));
    }

    // Attend exactly to what is kept, and on average to the rest.
    SDVariable gates = skip.repeat(graph, gates(graph, estimate.encoded(), skip), 2);
    // [B, H, T, 2]
    SDVariable gate =
        options.scaled() ? opened(graph, gates, 0) : graph.constant(1); // [B, H, T, 1]
    SparseAttention attention =
        SparseAttention.of(
            graph,
            query,
            key,
            placed.values(),
            kept,
            gate,
            options.scaling() == Scaling.SCORES ? scale : 1);
    SDVariable average =
        causal
            ? AverageContext.soFar(graph, placed.values())
            : AverageContext.ofAll(
                AverageContext.weights(graph, maskedEstimate, toKeys), placed.values());
    SDVariable mixture = opened(graph, gates, 1); // [B, H, T, 1]
    SDVariable context =
        attention.context().mul(mixture).add(average.mul(mixture.rsub(1.0))); // [B, H, T, D]
    return new SeaSteps(
        positions,
        toKeys,
        skip,
        placed,
        performer,
        estimate,
        maskedEstimate,
        columns,
        kept,
        gates,
        attention,
        average,
        mixture,
        context);
  }

  /**
   * The weight with which each value enters each context, {@code [B, H, T, S]}: β times the sparse
   * weights, and 1 − β times those of the average.
   */
  SDVariable valuesToContext(LayerGraph graph) {
    SDVariable ofAverage =
        graph.spec().masking().causal()
            ? AverageContext.weightsSoFar(graph, positions) // [b, 1, T, S]
            : AverageContext.weights(graph, maskedEstimate, toKeys); // [B, H, 1, S]
    return attention.weights().mul(mixture).add(mixture.rsub(1.0).mul(ofAverage));
  }

  private static SDVariable gates(LayerGraph graph, SDVariable encoded, QuerySkip skip) {
    Shape shape =
        Shape.of(
            graph.batch(), graph.spec().heads(), skip.estimated(), 2L * graph.spec().headSize());
    return Affine.apply(graph, encoded, shape, SeaParameters.GATES, 2);
  }

  /** The logistic function of one of the gates. */
  private static SDVariable opened(LayerGraph graph, SDVariable gates, int which) {
    SDVariable gate =
        Tables.slice(gates, 3, which, 1, graph.batch(), graph.spec().heads(), graph.queries(), 2);
    return graph.sameDiff().nn().sigmoid(gate);
  }
}
