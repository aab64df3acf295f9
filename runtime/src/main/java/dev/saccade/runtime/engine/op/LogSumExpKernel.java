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

  /** Writes exp(x − max) and returns the sum; zeros and 0 for a row of −∞ throughout. */
  static double exponentials(double[] x, double[] y) {
    double max = max(x);
    double shift = max == Double.NEGATIVE_INFINITY ? 0 : max;
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      y[i] = Math.exp(x[i] - shift);
      sum += y[i];
    }
    return sum;
  }

  static double max(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    return max;
  }

  static double logSumExp(double[] x) {
    double max = max(x);
    if (max == Double.NEGATIVE_INFINITY) {
      return max;
    }
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    return max + Math.log(sum);
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
    rows.split(
        x.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(n);
          Elements.Cursor out = y.cursor(1);
          for (long row = first; row < end; row++) {
            out.values()[0] = logSumExp(in.read(row * n, n));
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
            boolean masked = total == Double.NEGATIVE_INFINITY;
            for (int i = 0; i < n; i++) {
              dx[i] = masked ? 0 : g * Math.exp(values[i] - total);
            }
            out.write(row * n, n);
          }
        });
  }
}
