package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;

/**
 * Softmax attention approximated by random features, FAVOR+: φ(Q)·(φ(K)ᵀU) / φ(Q)·Σφ(K), in linear
 * time.
 *
 * <p>For Gaussian rows ω of the projection, exp(q·k) is the mean of exp(ω·q − |q|²/2) · exp(ω·k −
 * |k|²/2): a product of something of the query and something of the key. Keys and values therefore
 * meet first, and no query meets a key.
 *
 * <p>As published, padded keys take part; their values are zero, but not their features.
 *
 * <p>Choromanski et al., Rethinking Attention with Performers, ICLR 2021, equation 5.
 *
 * <p>T′ is the number of queries that are estimated for, T unless some are {@linkplain QuerySkip
 * skipped}.
 *
 * @param queryFeatures φ(Q), {@code [B, H, T′, F]}
 * @param keyFeatures φ(K), {@code [B, H, S, F]}
 * @param context {@code [B, H, T′, 2D]}
 */
record Performer(SDVariable queryFeatures, SDVariable keyFeatures, SDVariable context) {

  /** Keeps every feature above zero, so that no query is without weight. */
  static final double EPSILON = 1e-4;

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
    int features = options.features(graph.spec().headSize()); // F
    Exponent ofQuery = Exponent.of(graph, query, skip.estimated(), features);
    Exponent ofKey = Exponent.of(graph, key, graph.keys(), features);
    SDVariable ofEach = graph.math().max(ofQuery.projected(), 3); // [B, H, T′, 1]
    SDVariable ofAll = graph.math().max(graph.math().max(ofKey.projected(), 3), 2); // [B, H, 1, 1]
    SDVariable queryFeatures = ofQuery.features(shift(sd, options, ofEach), features);
    SDVariable keyFeatures = ofKey.features(shift(sd, options, ofAll), features);

    SDVariable memory = sd.mmul(keyFeatures, values, true, false, false); // [B, H, F, 2D]
    SDVariable total = graph.math().sum(keyFeatures, 2); // [B, H, 1, F]
    SDVariable mass = sd.mmul(queryFeatures, total, false, true, false); // [B, H, T′, 1]
    SDVariable context = queryFeatures.mmul(memory).div(mass); // [B, H, T′, 2D]
    return new Performer(queryFeatures, keyFeatures, context);
  }

  /**
   * What is subtracted from exponents lest they overflow. It would cancel in the quotient but for
   * {@link #EPSILON}, so it has a gradient, small where weights are large; the authors drop it.
   */
  private static SDVariable shift(SameDiff sd, SeaOptions options, SDVariable greatest) {
    return options.constantShift() ? new StopGradient(sd, greatest).outputVariable() : greatest;
  }

  /**
   * The two addends of the exponent, for x scaled so that q·k comes out divided by √D.
   *
   * @param projected ω·x, {@code [B, H, T, F]}
   * @param halfSquare |x|²/2, {@code [B, H, T, 1]}
   */
  private record Exponent(SDVariable projected, SDVariable halfSquare) {

    static Exponent of(LayerGraph graph, SDVariable x, long positions, int features) {
      int headSize = graph.spec().headSize();
      SDVariable scaled = x.mul(Math.pow(headSize, -0.25)); // [B, H, T, D]
      Shape shape = Shape.of(graph.batch(), graph.spec().heads(), positions, headSize);
      SDVariable projection = graph.parameter(SeaParameters.PROJECTION); // [F, D]
      return new Exponent(
          Affine.product(graph, scaled, shape, projection, features),
          graph.math().sum(scaled.mul(scaled), 3).mul(0.5));
    }

    /** φ(x), {@code [B, H, T, F]}. */
    SDVariable features(SDVariable shift, int features) {
      SDVariable exponent = projected.sub(halfSquare).sub(shift); // [B, H, T, F]
      return exponent.getSameDiff().math().exp(exponent).add(EPSILON).mul(1 / Math.sqrt(features));
    }
  }
}
