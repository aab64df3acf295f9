package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The estimated attention matrix, M columns wide whatever the length, in linear time: every query's
 * performer context is encoded, decoded into {@linkplain Strips strips} of its row, and the strips
 * of all heads are joined to a picture by {@linkplain Painting convolutions}, so that neighbouring
 * queries and heads agree.
 *
 * <p>The paper's section 3.2 and figure 3.
 *
 * @param encoded what the estimate and the gates are read from, {@code [B, H, T′, 2D]}
 * @param strips the decoded rows, {@code [B, strips·H, T′, W]}
 * @param painted the picture that convolutions make of them; its scores are the estimate
 * @param weights softmax of the scores: an estimate of how attention is spread over the sequence,
 *     {@code [B, H, T′, M]}
 */
record Estimate(SDVariable encoded, SDVariable strips, Painting painted, SDVariable weights) {

  static final double NORM_EPSILON = 1e-5;

  /**
   * @param context of the performer, {@code [B, H, T′, 2D]}
   * @param values of the same positions, {@code [B, H, T′, D]}
   */
  static Estimate of(
      LayerGraph graph, SeaOptions options, QuerySkip skip, SDVariable context, SDVariable values) {
    long queries = skip.estimated(); // T′
    SDVariable seen = graph.sameDiff().concat(3, context, values); // [B, H, T′, 3D]
    SDVariable encoded =
        options.jointEncoder()
            ? encodeJointly(graph, seen, queries)
            : encode(graph, seen, queries); // [B, H, T′, 2D]
    SDVariable strips = decodeRows(graph, options, encoded, queries); // [B, strips·H, T′, W]
    Painting painted =
        graph.spec().masking().causal()
            ? PaintedPast.of(graph, options, skip, strips)
            : PaintedRows.of(graph, options, skip, strips);
    SDVariable weights = graph.math().softmax(painted.scores()); // [B, H, T′, M]
    return new Estimate(encoded, strips, painted, weights);
  }

  /** Every head by itself, with weights that the heads share. */
  private static SDVariable encode(LayerGraph graph, SDVariable seen, long queries) {
    AttentionSpec spec = graph.spec();
    long size = spec.headSize();
    Shape shape = Shape.of(graph.batch(), spec.heads(), queries, 3 * size);
    return normalised(graph, Affine.apply(graph, seen, shape, SeaParameters.ENCODER, 2 * size));
  }

  /** The heads of a position side by side, as one vector. */
  private static SDVariable encodeJointly(LayerGraph graph, SDVariable seen, long queries) {
    SameDiff sd = graph.sameDiff();
    long heads = graph.spec().heads();
    long size = graph.spec().headSize();
    Shape together = Shape.of(graph.batch(), queries, heads * 3 * size);
    SDVariable sideBySide = sd.permute(seen, 0, 2, 1, 3).reshape(together.toArray());
    // [B, T′, 3HD]
    SDVariable hidden =
        Affine.apply(graph, sideBySide, together, SeaParameters.ENCODER, heads * 2 * size);
    SDVariable split =
        normalised(graph, hidden)
            .reshape(graph.batch(), queries, heads, 2 * size); // [B, T′, H, 2D]
    return sd.permute(split, 0, 2, 1, 3); // [B, H, T′, 2D]
  }

  private static SDVariable normalised(LayerGraph graph, SDVariable hidden) {
    SDVariable gain = graph.parameter(SeaParameters.weight(SeaParameters.ENCODER_NORM));
    SDVariable bias = graph.parameter(SeaParameters.bias(SeaParameters.ENCODER_NORM));
    return graph.math().gelu(graph.math().layerNorm(hidden, gain, bias, NORM_EPSILON));
  }

  /** Strip s of head h becomes channel strips·h + s of the picture. */
  private static SDVariable decodeRows(
      LayerGraph graph, SeaOptions options, SDVariable encoded, long queries) {
    long batch = graph.batch();
    long heads = graph.spec().heads();
    Strips size = Strips.of(graph.spec(), options);
    long strips = size.perHead();
    long width = size.width(); // W
    Shape shape = Shape.of(batch, heads, queries, 2L * graph.spec().headSize());
    SDVariable rows =
        Affine.apply(graph, encoded, shape, SeaParameters.ROWS, strips * width)
            .reshape(batch, heads, queries, strips, width); // [B, H, T′, strips, W]
    return graph
        .sameDiff()
        .permute(rows, 0, 1, 3, 2, 4) // [B, H, strips, T′, W]
        .reshape(batch, heads * strips, queries, width); // [B, strips·H, T′, W]
  }
}
