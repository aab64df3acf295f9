package dev.saccade.plugins.sea;

import dev.saccade.api.ElementType;
import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors that are known while the graph is built, as constants of it. */
final class Tables {

  private Tables() {}

  /** A matrix of the graph's element type. */
  static SDVariable matrix(LayerGraph graph, double[][] rows) {
    try (INDArray table = Nd4j.createFromArray(rows)) {
      return graph.sameDiff().constant(table.castTo(elements(graph)));
    }
  }

  /** 0, 1, …, {@code length} - 1 of one type. */
  static SDVariable countingUp(LayerGraph graph, DataType type, int length) {
    return graph.sameDiff().constant(Nd4j.arange(length).castTo(type));
  }

  /** Ones of the graph's element type. */
  static SDVariable ones(LayerGraph graph, long... axes) {
    return graph.sameDiff().constant(Nd4j.ones(elements(graph), axes));
  }

  /** The type in which ND4J stores the numbers of the graph. */
  static DataType elements(LayerGraph graph) {
    return graph.spec().elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
  }
}
