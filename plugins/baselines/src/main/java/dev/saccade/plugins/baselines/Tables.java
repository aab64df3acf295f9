package dev.saccade.plugins.baselines;

import dev.saccade.api.ElementType;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors that are known while the graph is built, as constants of its element type. */
final class Tables {

  private Tables() {}

  /** An element of a matrix by its indices. */
  interface Element {
    double at(int row, int column);
  }

  /** Rows by columns. */
  static SDVariable matrix(LayerGraph graph, long rows, long columns, Element element) {
    double[] values = new double[Math.toIntExact(Math.multiplyExact(rows, columns))];
    int width = Math.toIntExact(columns);
    for (int i = 0; i < values.length; i++) {
      values[i] = element.at(i / width, i % width);
    }
    return constant(graph, values, Shape.of(rows, columns));
  }

  /** Numbers in row-major order. */
  static SDVariable constant(LayerGraph graph, double[] values, Shape shape) {
    return graph.sameDiff().constant(Nd4j.create(values, shape.toArray(), elements(graph)));
  }

  static SDVariable zeros(LayerGraph graph, long... axes) {
    return graph.sameDiff().constant(Nd4j.zeros(elements(graph), axes));
  }

  static SDVariable ones(LayerGraph graph, long... axes) {
    return graph.sameDiff().constant(Nd4j.ones(elements(graph), axes));
  }

  private static DataType elements(LayerGraph graph) {
    return graph.spec().elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
  }
}
