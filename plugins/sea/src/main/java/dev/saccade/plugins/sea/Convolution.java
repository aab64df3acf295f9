package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;

/** Two-dimensional convolutions with the parameters of a layer, on pictures of zeros outside. */
final class Convolution {

  private Convolution() {}

  /** 3×3 around every pixel of every {@code rowStride}-th row. */
  static SDVariable around(LayerGraph graph, SDVariable picture, String name, int rowStride) {
    return apply(
        graph, picture, name, Conv2DConfig.builder().kH(3).kW(3).pH(1).pW(1).sH(rowStride).sW(1));
  }

  /**
   * 3×3 with gaps of one: rows t − 4, t − 2 and t, columns w − 2, w and w + 2. No row sees a later
   * one.
   *
   * @param picture {@code [B, channels, T, width]}
   */
  static SDVariable backward(
      LayerGraph graph, SDVariable picture, String name, long channels, int width) {
    SDVariable before = Tables.zeros(graph, graph.batch(), channels, 4, width);
    return apply(
        graph,
        graph.sameDiff().concat(2, before, picture),
        name,
        Conv2DConfig.builder().kH(3).kW(3).dH(2).dW(2).pH(0).pW(2).sH(1).sW(1));
  }

  /** Mixes the channels of every pixel, and of one column of zeros more on either side. */
  static SDVariable mixing(LayerGraph graph, SDVariable picture, String name) {
    return apply(graph, picture, name, Conv2DConfig.builder().kH(1).kW(1).pH(0).pW(1).sH(1).sW(1));
  }

  private static SDVariable apply(
      LayerGraph graph, SDVariable picture, String name, Conv2DConfig.Conv2DConfigBuilder how) {
    SameDiff sd = graph.sameDiff();
    SDVariable weight = graph.parameter(SeaParameters.weight(name)); // [out, in, rows, columns]
    SDVariable bias = graph.parameter(SeaParameters.bias(name)); // [out]
    Conv2DConfig config =
        how.paddingMode(PaddingMode.VALID)
            .dataFormat(Conv2DConfig.NCHW)
            // The only format whose gradient works; it fails on OIYX, PyTorch's.
            .weightsFormat(WeightsFormat.YXIO)
            .build();
    return sd.cnn().conv2d(picture, sd.permute(weight, 2, 3, 1, 0), bias, config);
  }
}
