package dev.saccade.plugins.baselines;

import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;

/** What is done to the axes of a tensor rather than to its numbers. */
final class Axes {

  private Axes() {}

  /** The elements {@code from} … {@code to} − 1 of one axis, and all of the others. */
  static SDVariable slice(SDVariable x, int rank, int axis, long from, long to) {
    long[] begin = new long[rank];
    long[] end = new long[rank];
    long[] stride = new long[rank];
    Arrays.fill(stride, 1);
    begin[axis] = from;
    end[axis] = to;
    int whole = ((1 << rank) - 1) & ~(1 << axis); // a bit for every axis whose ends do not count
    return x.getSameDiff().stridedSlice(x, begin, end, stride, whole, whole, 0, 0, 0);
  }

  /** One number a position, {@code [B, n]}, as {@code [B, 1, n, 1]}: broadcasts over heads. */
  static SDVariable perPosition(LayerGraph graph, SDVariable numbers, long positions) {
    return numbers.reshape(graph.batch(), 1, positions, 1);
  }

  /**
   * x·Wᵀ over the last axis of a tensor of any rank, {@code [..., out]}.
   *
   * @param shape of x, {@code [..., in]}
   * @param weight {@code [out, in]}
   */
  static SDVariable product(SDVariable x, Shape shape, SDVariable weight, long out) {
    int last = shape.rank() - 1;
    long in = shape.axis(last);
    long[] result = shape.toArray();
    result[last] = out;
    SDVariable rows = x.reshape(shape.elements() / in, in); // matrix products need equal ranks
    return x.getSameDiff().mmul(rows, weight, false, true, false).reshape(result);
  }
}
