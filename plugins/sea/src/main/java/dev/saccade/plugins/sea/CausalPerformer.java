package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The generalised attention of the Performer paper for causal attention, with φ(x) = ReLU(ω·x):
 * φ(q_t)·Σφ(k_j)u_j / φ(q_t)·Σφ(k_j), sums over j ≤ t.
 *
 * <p>In linear time these are running sums, and decoding keeps them so. The recipe multiplies
 * φ(Q)·φ(K)ᵀ out and hides the future instead: running sums of all φ(k_j)u_j hold F·2D numbers a
 * position, more than the S of a row until sequences are thousands long.
 *
 * <p>As published, padded keys take part, which real queries do not see when padding is behind.
 *
 * <p>Choromanski et al., Rethinking Attention with Performers, ICLR 2021, section 2.2.
 */
final class CausalPerformer {

  /** Keeps every feature above zero, so that no query is without weight. */
  static final double EPSILON = 1e-3;

  /** Is added to the sum of every feature over the keys. */
  static final double MASS = 1e-6;

  private CausalPerformer() {}

  /**
   * @param query those that are estimated for, {@code [B, H, T′, D]}
   * @param values U, what is mixed, {@code [B, H, S, 2D]}
   */
  static Performer of(
      LayerGraph graph,
      SeaOptions options,
      QuerySkip skip,
      SDVariable query,
      SDVariable key,
      SDVariable values) {
    SameDiff sd = graph.sameDiff();
    SDVariable queryFeatures = features(graph, options, query, skip.estimated()); // [B, H, T′, F]
    SDVariable keyFeatures = features(graph, options, key, graph.keys()); // [B, H, S, F]

    SDVariable past =
        Tables.past(graph, skip.every()).reshape(1, 1, skip.estimated(), graph.keys());
    SDVariable weights =
        sd.mmul(queryFeatures, keyFeatures, false, true, false).mul(past); // [B, H, T′, S]
    SDVariable mass =
        graph
            .math()
            .sum(weights, 3)
            .add(graph.math().sum(queryFeatures, 3).mul(MASS)); // [B, H, T′, 1]
    SDVariable context = weights.mmul(values).div(mass); // [B, H, T′, 2D]
    return new Performer(queryFeatures, keyFeatures, context);
  }

  private static SDVariable features(
      LayerGraph graph, SeaOptions options, SDVariable x, long positions) {
    int headSize = graph.spec().headSize();
    SDVariable scaled = x.mul(Math.pow(headSize, -0.25)); // [B, H, positions, D]
    Shape shape = Shape.of(graph.batch(), graph.spec().heads(), positions, headSize);
    SDVariable projection = graph.parameter(SeaParameters.PROJECTION); // [F, D]
    SDVariable projected =
        Affine.product(graph, scaled, shape, projection, options.features(headSize));
    return graph.sameDiff().nn().relu(projected, 0).add(EPSILON);
  }
}
