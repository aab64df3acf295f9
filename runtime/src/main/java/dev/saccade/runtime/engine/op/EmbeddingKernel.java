package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rows of a table by their numbers: table {@code [V, D]}, ids {@code [...]} → {@code [..., D]}.
 *
 * <p>A row asked for twice gets the sum of both gradients, which ND4J's gather gets wrong. The
 * first integer argument, if there is one, is a row that gets no gradient.
 */
final class EmbeddingKernel implements GraphKernel {

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] table = inputShapes.get(0);
    long[] ids = inputShapes.get(1);
    Shapes.require(table.length == 2, "table and ids must be [V, D] and [...]", table, ids);
    long[] rows = Arrays.copyOf(ids, ids.length + 1);
    rows[ids.length] = table[1];
    return List.of(rows);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int d = Shapes.last(inputs[0].shape());
    long[] ids = Indices.of(inputs[1]);
    Elements.Cursor table = Elements.of(inputs[0]).cursor(d);
    Elements.Cursor out = Elements.of(outputs[0]).cursor(d);
    for (int i = 0; i < ids.length; i++) {
      Indices.requireBelow(ids[i], inputs[0].size(0), i, "ids");
      System.arraycopy(table.read(ids[i] * d, d), 0, out.values(), 0, d);
      out.write((long) i * d, d);
    }
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int d = Shapes.last(inputs[0].shape());
    long[] ids = Indices.of(inputs[1]);
    INDArray gradient = Objects.requireNonNull(inputGradients[0]);
    gradient.assign(0);
    long fixed = arguments.integers().length == 0 ? -1 : arguments.integer(0);
    Elements.Cursor upstream = Elements.of(outputGradients[0]).cursor(d);
    Elements.Cursor row = Elements.of(gradient).cursor(d);
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == fixed) {
        continue;
      }
      double[] g = upstream.read((long) i * d, d);
      double[] sum = row.read(ids[i] * d, d);
      for (int j = 0; j < d; j++) {
        sum[j] += g[j];
      }
      row.write(ids[i] * d, d);
    }
  }
}
