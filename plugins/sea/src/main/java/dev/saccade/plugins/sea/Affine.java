package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;

/** x·Wᵀ + b over the last axis of a tensor of any rank: PyTorch's linear layer. */
final class Affine {

  private Affine() {}

  /**
   * Returns {@code [..., out]}.
   *
   * @param shape of x, {@code [..., in]}
   * @param name of the parameters, without {@code .weight} and {@code .bias}
   */
  static SDVariable apply(LayerGraph graph, SDVariable x, Shape shape, String name, long out) {
    SDVariable weight = graph.parameter(SeaParameters.weight(name)); // [out, in]
    SDVariable bias = graph.parameter(SeaParameters.bias(name)); // [out]
    return product(graph, x, shape, weight, out).add(bias);
  }

  /** Returns x·Wᵀ, {@code [..., out]}, for a weight of {@code [out, in]}. */
  static SDVariable product(
      LayerGraph graph, SDVariable x, Shape shape, SDVariable weight, long out) {
    int last = shape.rank() - 1;
    long in = shape.axis(last);
    long[] result = shape.toArray();
    result[last] = out;
    SDVariable rows = x.reshape(shape.elements() / in, in); // matrix products need equal ranks
    return graph.sameDiff().mmul(rows, weight, false, true, false).reshape(result);
  }
}
