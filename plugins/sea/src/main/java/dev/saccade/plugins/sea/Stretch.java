package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Bilinear resizing of one axis as a product with a constant matrix, pixel centres aligned:
 * PyTorch's {@code interpolate} with {@code align_corners=False}.
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
    SDVariable stretched = across.mmul(weights(graph, from, to)).reshape(outer, columns, to);
    return graph.sameDiff().permute(stretched, 0, 2, 1);
  }

  /** {@code [..., from]} to {@code [outer, to]}. */
  static SDVariable columns(LayerGraph graph, SDVariable picture, long outer, int from, int to) {
    return picture.reshape(outer, from).mmul(weights(graph, from, to));
  }

  private static SDVariable weights(LayerGraph graph, int from, int to) {
    return Tables.matrix(graph, weights(from, to)); // [from, to]
  }

  /** Column j says how much each of the old pixels adds to new pixel j. */
  static double[][] weights(int from, int to) {
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
}
