package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * exp(x − max) / Σ exp(x − max) over the last axis.
 *
 * <p>A row of −∞ throughout, where everything is masked, gives zeros rather than NaN.
 */
final class SoftmaxKernel implements GraphKernel {

  private final Rows rows;

  SoftmaxKernel(Rows rows) {
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
    Elements logits = Elements.of(inputs[0]);
    Elements weights = Elements.of(outputs[0]);
    Arithmetic arithmetic = logits.arithmetic();
    rows.split(
        logits.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor in = logits.cursor(n);
          Elements.Cursor out = weights.cursor(n);
          for (long row = first; row < end; row++) {
            double[] x = in.read(row * n, n);
            arithmetic.shiftedExponential(x, n);
            double sum = Arithmetic.sum(x, n);
            double scale = sum == 0 ? 0 : 1 / sum;
            double[] y = out.values();
            for (int i = 0; i < n; i++) {
              y[i] = x[i] * scale;
            }
            out.write(row * n, n);
          }
        });
  }

  /** ∂x = y · (∂y − Σ ∂y·y). */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int n = Shapes.last(outputs[0].shape());
    Elements weights = Elements.of(outputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    rows.split(
        weights.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor ys = weights.cursor(n);
          Elements.Cursor gs = upstream.cursor(n);
          Elements.Cursor out = result.cursor(n);
          for (long row = first; row < end; row++) {
            double[] y = ys.read(row * n, n);
            double[] g = gs.read(row * n, n);
            double[] dx = out.values();
            double dot = Arithmetic.dot(g, y, n);
            for (int i = 0; i < n; i++) {
              dx[i] = y[i] * (g[i] - dot);
            }
            out.write(row * n, n);
          }
        });
  }
}
