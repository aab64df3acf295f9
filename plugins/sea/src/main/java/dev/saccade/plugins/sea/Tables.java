package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.LayerGraph;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors that are known while the graph is built, as constants of it, and parts of others. */
final class Tables {

  private Tables() {}

  /** A matrix of the graph's element type. */
  static SDVariable matrix(LayerGraph graph, double[][] rows) {
    return constant(graph, Nd4j.createFromArray(rows), elements(graph));
  }

  /** 0, 1, …, {@code length} - 1 of one type. */
  static SDVariable countingUp(LayerGraph graph, DataType type, int length) {
    double[] numbers = new double[length];
    Arrays.setAll(numbers, i -> i);
    return constant(graph, Nd4j.createFromArray(numbers), type);
  }

  /** Ones of the graph's element type. */
  static SDVariable ones(LayerGraph graph, long... axes) {
    return graph.sameDiff().constant(Nd4j.ones(elements(graph), axes));
  }

  /** Zeros of the graph's element type. */
  static SDVariable zeros(LayerGraph graph, long... axes) {
    return graph.sameDiff().constant(Nd4j.zeros(elements(graph), axes));
  }

  /**
   * One where a key is not after the query, {@code [⌈T/every⌉, S]}, for every so many queries from
   * the first on.
   */
  static SDVariable past(LayerGraph graph, int every) {
    int keys = Math.toIntExact(graph.keys());
    int rows = (Math.toIntExact(graph.queries()) + every - 1) / every;
    double[][] past = new double[rows][keys];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(past[row], 0, Math.min(row * every + 1, keys), 1);
    }
    return matrix(graph, past);
  }

  /**
   * A part of a tensor along one axis.
   *
   * @param shape of x
   */
  static SDVariable slice(SDVariable x, int axis, long first, long size, long... shape) {
    int[] begin = new int[shape.length];
    begin[axis] = Math.toIntExact(first);
    int[] sizes = Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
    sizes[axis] = Math.toIntExact(size);
    return x.getSameDiff().slice(x, begin, sizes);
  }

  /** The type in which ND4J stores the numbers of the graph. */
  static DataType elements(LayerGraph graph) {
    return graph.spec().elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
  }

  private static SDVariable constant(LayerGraph graph, INDArray exact, DataType type) {
    if (exact.dataType() == type) {
      return graph.sameDiff().constant(exact); // a cast would give this very array
    }
    try (exact) {
      return graph.sameDiff().constant(exact.castTo(type));
    }
  }
}
