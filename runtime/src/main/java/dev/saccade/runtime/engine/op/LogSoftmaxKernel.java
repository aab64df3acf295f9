package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** x − log Σ exp(x) over the last axis. */
final class LogSoftmaxKernel implements GraphKernel {

  private final Rows rows;

  LogSoftmaxKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.OUTPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    return List.of(inputShapes.get(0));
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
          Elements.Cursor out = y.cursor(n);
          for (long row = first; row < end; row++) {
            double[] logits = in.read(row * n, n);
            double[] logs = out.values();
            System.arraycopy(logits, 0, logs, 0, n);
            double total = arithmetic.shiftedExponential(logits, n);
            for (int i = 0; i < n; i++) {
              logs[i] -= total;
            }
            out.write(row * n, n);
          }
        });
  }

  /** ∂x = ∂y − exp(y) · Σ ∂y. */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int n = Shapes.last(outputs[0].shape());
    Elements y = Elements.of(outputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    Arithmetic arithmetic = y.arithmetic();
    rows.split(
        y.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor ys = y.cursor(n);
          Elements.Cursor gs = upstream.cursor(n);
          Elements.Cursor out = result.cursor(n);
          for (long row = first; row < end; row++) {
            double[] logs = ys.read(row * n, n);
            double[] g = gs.read(row * n, n);
            double sum = Arithmetic.sum(g, n);
            arithmetic.exponential(logs, n);
            double[] dx = out.values();
            for (int i = 0; i < n; i++) {
              dx[i] = g[i] - logs[i] * sum;
            }
            out.write(row * n, n);
          }
        });
  }
}
