package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** max + log Σ exp(x − max) over the last axis, which is kept with length 1. */
final class LogSumExpKernel implements GraphKernel {

  private final Rows rows;

  LogSumExpKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    return List.of(Shapes.withLast(inputShapes.get(0), 1));
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    Arithmetic arithmetic = x.arithmetic();
    rows.split(
        x.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(n);
          Elements.Cursor out = y.cursor(1);
          for (long row = first; row < end; row++) {
            out.values()[0] = arithmetic.shiftedExponential(in.read(row * n, n), n);
            out.write(row, 1);
          }
        });
  }

  /** ∂x = ∂y · exp(x − y). */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    Arithmetic arithmetic = x.arithmetic();
    rows.split(
        x.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor xs = x.cursor(n);
          Elements.Cursor ys = y.cursor(1);
          Elements.Cursor gs = upstream.cursor(1);
          Elements.Cursor out = result.cursor(n);
          for (long row = first; row < end; row++) {
            double[] values = xs.read(row * n, n);
            double total = ys.read(row, 1)[0];
            double g = gs.read(row, 1)[0];
            double[] dx = out.values();
            // x ≤ y; a row of −∞ throughout has no gradient.
            double scale = total == Double.NEGATIVE_INFINITY ? 0 : g;
            double shift = total == Double.NEGATIVE_INFINITY ? 0 : total;
            for (int i = 0; i < n; i++) {
              dx[i] = values[i] - shift;
            }
            arithmetic.exponential(dx, n);
            for (int i = 0; i < n; i++) {
              dx[i] *= scale;
            }
            out.write(row * n, n);
          }
        });
  }
}
