package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * −log softmax(logits)[label]: logits {@code [..., V]}, labels {@code [...]} → {@code [...]}.
 *
 * <p>A negative label marks a position that does not count: loss and gradient are 0 there.
 */
final class SparseCrossEntropyKernel implements GraphKernel {

  private final Rows rows;

  SparseCrossEntropyKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] logits = inputShapes.get(0);
    long[] labels = inputShapes.get(1);
    Shapes.require(
        Arrays.equals(labels, Arrays.copyOf(logits, logits.length - 1)),
        "logits and labels must be [..., V] and [...]",
        logits,
        labels);
    return List.of(labels);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int v = Shapes.last(inputs[0].shape());
    Elements logits = Elements.of(inputs[0]);
    Elements losses = Elements.of(outputs[0]);
    Arithmetic arithmetic = logits.arithmetic();
    long[] labels = labels(inputs[1], v);
    rows.split(
        labels.length,
        v,
        (chunk, first, end) -> {
          Elements.Cursor in = logits.cursor(v);
          Elements.Cursor out = losses.cursor(1);
          for (int row = (int) first; row < end; row++) {
            out.values()[0] = 0;
            if (labels[row] >= 0) {
              double[] x = in.read((long) row * v, v);
              double chosen = x[(int) labels[row]];
              out.values()[0] = arithmetic.shiftedExponential(x, v) - chosen;
            }
            out.write(row, 1);
          }
        });
  }

  private static long[] labels(INDArray array, int v) {
    long[] labels = Indices.of(array);
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] >= 0) {
        Indices.requireBelow(labels[i], v, i, "labels");
      }
    }
    return labels;
  }

  /** ∂logits = ∂loss · (softmax(logits) − one-hot(label)). */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int v = Shapes.last(inputs[0].shape());
    Elements logits = Elements.of(inputs[0]);
    Elements losses = Elements.of(outputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    Arithmetic arithmetic = logits.arithmetic();
    long[] labels = labels(inputs[1], v);
    rows.split(
        labels.length,
        v,
        (chunk, first, end) -> {
          Elements.Cursor in = logits.cursor(v);
          Elements.Cursor loss = losses.cursor(1);
          Elements.Cursor gs = upstream.cursor(1);
          Elements.Cursor out = result.cursor(v);
          for (int row = (int) first; row < end; row++) {
            double[] dx = out.values();
            if (labels[row] < 0) {
              Arrays.fill(dx, 0);
            } else {
              int label = (int) labels[row];
              double[] x = in.read((long) row * v, v);
              double g = gs.read(row, 1)[0];
              double total = loss.read(row, 1)[0] + x[label];
              // The loss was rounded when it was stored, so x − total may be just above 0.
              for (int i = 0; i < v; i++) {
                dx[i] = x[i] - total;
              }
              arithmetic.exponential(dx, v);
              for (int i = 0; i < v; i++) {
                dx[i] *= g;
              }
              dx[label] -= g;
            }
            out.write((long) row * v, v);
          }
        });
  }
}
