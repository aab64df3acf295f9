package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * The picture of the attention matrix, painted from strips by three convolutions: the first halves
 * the rows, the second refines them, and the third, after every row has been doubled again, joins
 * the strips of all heads to one picture a head, which is then stretched to T′ rows of M columns.
 *
 * <p>A query sees about five rows to either side, padding included, as published.
 *
 * @param halved after the first convolution, before its ReLU, {@code [B, 4H, R, W]} with R = ⌈T′/2⌉
 * @param refined after the second convolution, before its ReLU, {@code [B, 4H, R, W]}
 * @param doubled every row twice, {@code [B, 4H, 2R, W]}
 * @param joined after the third convolution, {@code [B, H, 2R, W]}
 * @param scores {@code [B, H, T′, M]}
 */
record PaintedRows(
    SDVariable halved, SDVariable refined, SDVariable doubled, SDVariable joined, SDVariable scores)
    implements Painting {

  /**
   * @param strips {@code [B, 4H, T′, W]}
   */
  static PaintedRows of(LayerGraph graph, SeaOptions options, QuerySkip skip, SDVariable strips) {
    SameDiff sd = graph.sameDiff();
    long batch = graph.batch();
    long heads = graph.spec().heads();
    Strips size = Strips.of(graph.spec(), options);
    long channels = size.perHead() * heads;
    int queries = Math.toIntExact(skip.estimated()); // T′
    int rows = (queries + 1) / 2; // R
    int painted = size.width(); // W

    SDVariable halved =
        Convolution.around(graph, strips, SeaParameters.PAINT_HALVE, 2); // [B, 4H, R, W]
    SDVariable refined =
        Convolution.around(
            graph, sd.nn().relu(halved, 0), SeaParameters.PAINT_REFINE, 1); // [B, 4H, R, W]
    SDVariable row = sd.nn().relu(refined, 0).reshape(batch, channels, rows, 1, painted);
    SDVariable doubled =
        sd.concat(3, row, row).reshape(batch, channels, 2L * rows, painted); // [B, 4H, 2R, W]
    SDVariable joined =
        Convolution.around(graph, doubled, SeaParameters.PAINT_JOIN, 1); // [B, H, 2R, W]

    SDVariable everyQuery =
        Stretch.rows(graph, joined, batch * heads, 2 * rows, painted, queries); // [B·H, T′, W]
    SDVariable scores =
        Stretch.columns(graph, everyQuery, batch * heads * queries, painted, options.width())
            .reshape(batch, heads, queries, options.width()); // [B, H, T′, M]
    return new PaintedRows(halved, refined, doubled, joined, scores);
  }
}
