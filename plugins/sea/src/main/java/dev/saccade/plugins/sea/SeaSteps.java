package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * SEA attention without a causal mask, step by step as in the paper. Every step can be looked at:
 * probes, objectives and tests take what they need.
 *
 * @param positions which of them are real
 * @param toKeys how columns of the estimate become keys
 * @param placed values, and values with their positions
 * @param performer every query's rough context
 * @param estimate of the attention matrix, M wide
 * @param maskedEstimate its weights, zero in the rows of padding, {@code [B, H, T, M]}
 * @param columns the kept columns of the estimate
 * @param kept the kept keys, one or zero, {@code [B, H, T, S]}
 * @param gates before the logistic function: of the row, and of the mixture, {@code [B, H, T, 2]}
 * @param attention to the kept keys
 * @param average what stands in for all others
 * @param mixture β, the part that sparse attention has in the context, {@code [B, H, T, 1]}
 * @param context {@code [B, H, T, D]}
 */
record SeaSteps(
    RealPositions positions,
    ColumnsToKeys toKeys,
    PlacedValues placed,
    Performer performer,
    Estimate estimate,
    SDVariable maskedEstimate,
    KeptColumns columns,
    SDVariable kept,
    SDVariable gates,
    SparseAttention attention,
    AverageContext average,
    SDVariable mixture,
    SDVariable context) {

  static SeaSteps of(
      LayerGraph graph,
      SeaOptions options,
      SDVariable query,
      SDVariable key,
      SDVariable value,
      AttentionMask mask) {
    int width = options.width();
    RealPositions positions = RealPositions.of(graph, mask);
    ColumnsToKeys toKeys = ColumnsToKeys.of(graph, width, positions);

    // Estimate: linear in T.
    PlacedValues placed = PlacedValues.of(graph, value, positions);
    Performer performer = Performer.of(graph, options, query, key, placed.placed());
    Estimate estimate = Estimate.of(graph, options, performer.context(), placed.values());
    SDVariable maskedEstimate = estimate.weights().mul(positions.rows(graph)); // [B, H, T, M]

    // Keep the greatest.
    KeptColumns columns = KeptColumns.of(graph, options, maskedEstimate, positions);
    SDVariable kept =
        toKeys.stretch(graph, columns.columns(), graph.queries(), width); // [B, H, T, S]
    if (options.oversample() > 1) {
      kept = kept.mul(ColumnsToKeys.thinning(graph, options.oversample(), positions));
    }

    // Attend exactly to what is kept, and on average to the rest.
    SDVariable gates = gates(graph, estimate.encoded()); // [B, H, T, 2]
    SDVariable gate =
        options.scaled() ? opened(graph, gates, 0) : graph.constant(1); // [B, H, T, 1]
    SparseAttention attention = SparseAttention.of(graph, query, key, placed.values(), kept, gate);
    AverageContext average =
        AverageContext.of(graph, width, maskedEstimate, toKeys, placed.values());
    SDVariable mixture = opened(graph, gates, 1); // [B, H, T, 1]
    SDVariable context =
        attention
            .context()
            .mul(mixture)
            .add(average.context().mul(mixture.rsub(1.0))); // [B, H, T, D]
    return new SeaSteps(
        positions,
        toKeys,
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

  private static SDVariable gates(LayerGraph graph, SDVariable encoded) {
    Shape shape =
        Shape.of(
            graph.batch(), graph.spec().heads(), graph.queries(), 2L * graph.spec().headSize());
    return Affine.apply(graph, encoded, shape, SeaParameters.GATES, 2);
  }

  /** The logistic function of one of the gates. */
  private static SDVariable opened(LayerGraph graph, SDVariable gates, int which) {
    SameDiff sd = graph.sameDiff();
    int[] size = {
      Math.toIntExact(graph.batch()), graph.spec().heads(), Math.toIntExact(graph.queries()), 1
    };
    return sd.nn().sigmoid(sd.slice(gates, new int[] {0, 0, 0, which}, size));
  }
}
