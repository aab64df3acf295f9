package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/**
 * The picture of the attention matrix, painted from strips by three convolutions: the first halves
 * the rows, the second refines them, and the third, after every row has been doubled again, joins
 * the strips of all heads to one picture a head, which is then stretched to T rows of M columns.
 *
 * <p>A query sees about five rows to either side, padding included, as published.
 *
 * @param halved after the first convolution, before its ReLU, {@code [B, 4H, R, W]} with R = ⌈T/2⌉
 * @param refined after the second convolution, before its ReLU, {@code [B, 4H, R, W]}
 * @param joined after the third convolution, {@code [B, H, 2R, W]}
 * @param scores {@code [B, H, T, M]}
 */
record PaintedRows(SDVariable halved, SDVariable refined, SDVariable joined, SDVariable scores) {

  /**
   * @param strips {@code [B, 4H, T, W]}
   */
  static PaintedRows of(LayerGraph graph, SeaOptions options, SDVariable strips) {
    SameDiff sd = graph.sameDiff();
    long batch = graph.batch();
    long heads = graph.spec().heads();
    long channels = SeaParameters.STRIPS * heads;
    int queries = Math.toIntExact(graph.queries());
    int rows = (queries + 1) / 2; // R
    int painted = options.paintedWidth(); // W

    SDVariable halved = convolve(graph, strips, SeaParameters.PAINT_HALVE, 2); // [B, 4H, R, W]
    SDVariable refined =
        convolve(graph, sd.nn().relu(halved, 0), SeaParameters.PAINT_REFINE, 1); // [B, 4H, R, W]
    SDVariable row = sd.nn().relu(refined, 0).reshape(batch, channels, rows, 1, painted);
    SDVariable doubled =
        sd.concat(3, row, row).reshape(batch, channels, 2L * rows, painted); // [B, 4H, 2R, W]
    SDVariable joined = convolve(graph, doubled, SeaParameters.PAINT_JOIN, 1); // [B, H, 2R, W]

    SDVariable everyQuery =
        Stretch.rows(graph, joined, batch * heads, 2 * rows, painted, queries); // [B·H, T, W]
    SDVariable scores =
        Stretch.columns(graph, everyQuery, batch * heads * queries, painted, options.width())
            .reshape(batch, heads, queries, options.width()); // [B, H, T, M]
    return new PaintedRows(halved, refined, joined, scores);
  }

  /** 3×3, with a border of zeros. */
  private static SDVariable convolve(
      LayerGraph graph, SDVariable picture, String name, int rowStride) {
    SameDiff sd = graph.sameDiff();
    SDVariable weight = graph.parameter(SeaParameters.weight(name)); // [out, in, 3, 3]
    SDVariable bias = graph.parameter(SeaParameters.bias(name)); // [out]
    Conv2DConfig config =
        Conv2DConfig.builder()
            .kH(3)
            .kW(3)
            .pH(1)
            .pW(1)
            .sH(rowStride)
            .sW(1)
            .paddingMode(PaddingMode.VALID)
            .dataFormat(Conv2DConfig.NCHW)
            // The only format whose gradient works; it fails on OIYX, PyTorch's.
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return sd.cnn().conv2d(picture, sd.permute(weight, 2, 3, 1, 0), bias, config);
  }
}
