package dev.saccade.runtime.model;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The inputs of one run of a model's graph, in native memory until closed. */
final class GraphInputs implements AutoCloseable {

  private final Map<String, INDArray> arrays = new LinkedHashMap<>();

  /** Tokens, positions, segments and padding of a batch; a graph reads what it needs. */
  static GraphInputs of(TokenBatch batch) {
    int[] tokens = new int[batch.sequences() * batch.positions()];
    int[] types = new int[tokens.length];
    int[] counted = new int[tokens.length];
    float[] real = new float[tokens.length];
    int i = 0;
    for (int b = 0; b < batch.sequences(); b++) {
      int before = 0;
      for (int t = 0; t < batch.positions(); t++, i++) {
        tokens[i] = batch.id(b, t);
        types[i] = batch.type(b, t);
        real[i] = batch.isReal(b, t) ? 1 : 0;
        counted[i] = batch.isReal(b, t) ? before++ : -1;
      }
    }
    long[] shape = {batch.sequences(), batch.positions()};
    return new GraphInputs()
        .with(GraphNames.TOKENS, Nd4j.createFromArray(tokens).reshape(shape))
        .with(GraphNames.TYPES, Nd4j.createFromArray(types).reshape(shape))
        .with(GraphNames.COUNTED, Nd4j.createFromArray(counted).reshape(shape))
        .with(GraphNames.REAL, Nd4j.createFromArray(real).reshape(shape));
  }

  /** The tokens of one sequence that follow {@code before} others. */
  static GraphInputs following(int before, int... tokens) {
    int[] counted = new int[tokens.length];
    for (int t = 0; t < tokens.length; t++) {
      counted[t] = before + t;
    }
    return new GraphInputs()
        .with(GraphNames.TOKENS, Nd4j.createFromArray(tokens).reshape(1, tokens.length))
        .with(GraphNames.COUNTED, Nd4j.createFromArray(counted).reshape(1, tokens.length));
  }

  /** Takes one more over, which is freed with the others. */
  GraphInputs with(String name, INDArray array) {
    INDArray before = arrays.put(name, array);
    if (before != null) {
      before.close();
    }
    return this;
  }

  Map<String, INDArray> byName() {
    return arrays;
  }

  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
    arrays.clear();
  }
}
