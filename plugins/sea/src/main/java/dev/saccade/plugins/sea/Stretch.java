package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Resizing of one axis as a product with a constant matrix, pixel centres aligned: PyTorch's {@code
 * interpolate} with {@code align_corners=False}. Columns are blended where they grow and averaged
 * where they shrink, as published; rows are always blended.
 */
final class Stretch {

  private Stretch() {}

  /** {@code [..., from, columns]} to {@code [outer, to, columns]}. */
  static SDVariable rows(
      LayerGraph graph, SDVariable picture, long outer, int from, int columns, int to) {
    SDVariable pictures = picture.reshape(outer, from, columns);
    if (from == to) {
      return pictures;
    }
    SDVariable across = graph.sameDiff().permute(pictures, 0, 2, 1).reshape(outer * columns, from);
    SDVariable stretched =
        across.mmul(Tables.matrix(graph, blend(from, to))).reshape(outer, columns, to);
    return graph.sameDiff().permute(stretched, 0, 2, 1);
  }

  /** {@code [..., from]} to {@code [outer, to]}. */
  static SDVariable columns(LayerGraph graph, SDVariable picture, long outer, int from, int to) {
    SDVariable pictures = picture.reshape(outer, from);
    if (from == to) {
      return pictures;
    }
    return pictures.mmul(Tables.matrix(graph, columnWeights(from, to)));
  }

  /** How columns are resized: {@link #blend} to more of them, {@link #average} to fewer. */
  static double[][] columnWeights(int from, int to) {
    return to > from ? blend(from, to) : average(from, to);
  }

  /** Bilinear. Column j says how much each of the old pixels adds to new pixel j. */
  static double[][] blend(int from, int to) {
    double[][] weights = new double[from][to];
    for (int pixel = 0; pixel < to; pixel++) {
      double at = Math.max((pixel + 0.5) * from / to - 0.5, 0);
      int below = (int) at;
      int above = Math.min(below + 1, from - 1);
      weights[below][pixel] += 1 - (at - below);
      weights[above][pixel] += at - below;
    }
    return weights;
  }

  /** Every new pixel is the mean of all the old ones that it touches: adaptive average pooling. */
  static double[][] average(int from, int to) {
    double[][] weights = new double[from][to];
    for (int pixel = 0; pixel < to; pixel++) {
      int first = Math.floorDiv(pixel * from, to);
      int end = ((pixel + 1) * from + to - 1) / to;
      for (int old = first; old < end; old++) {
        weights[old][pixel] = 1.0 / (end - first);
      }
    }
    return weights;
  }
}
