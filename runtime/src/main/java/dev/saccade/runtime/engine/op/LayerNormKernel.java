package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * gain · (x − mean) / √(variance + epsilon) + bias over the last axis (Ba, Kiros and Hinton 2016).
 *
 * <p>Inputs: x {@code [..., N]}, gain {@code [N]}, bias {@code [N]}. Real argument: epsilon.
 */
final class LayerNormKernel implements GraphKernel {

  private final Rows rows;

  LayerNormKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] x = inputShapes.get(0);
    long[] gain = inputShapes.get(1);
    long[] bias = inputShapes.get(2);
    Shapes.require(
        gain.length == 1 && gain[0] == Shapes.last(x) && bias.length == 1 && bias[0] == gain[0],
        "x, gain and bias must be [..., N], [N] and [N]",
        x,
        gain,
        bias);
    return List.of(x);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    double epsilon = arguments.real(0);
    Elements x = Elements.of(inputs[0]);
    double[] gain = Elements.of(inputs[1]).cursor(n).read(0, n);
    double[] bias = Elements.of(inputs[2]).cursor(n).read(0, n);
    Elements y = Elements.of(outputs[0]);
    rows.split(
        x.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(n);
          Elements.Cursor out = y.cursor(n);
          for (long row = first; row < end; row++) {
            double[] values = in.read(row * n, n);
            double rate = standardise(values, epsilon);
            double[] normal = out.values();
            for (int i = 0; i < n; i++) {
              normal[i] = values[i] * rate * gain[i] + bias[i];
            }
            out.write(row * n, n);
          }
        });
  }

  /** Subtracts the mean in place; returns 1 / √(variance + epsilon). */
  private static double standardise(double[] values, double epsilon) {
    double mean = Arithmetic.sum(values, values.length) / values.length;
    for (int i = 0; i < values.length; i++) {
      values[i] -= mean;
    }
    return 1 / Math.sqrt(Arithmetic.dot(values, values, values.length) / values.length + epsilon);
  }

  /**
   * With z = (x − mean)·rate and h = ∂y·gain: ∂x = rate · (h − mean(h) − z · mean(h·z)), ∂gain = Σ
   * ∂y·z, ∂bias = Σ ∂y.
   */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    double epsilon = arguments.real(0);
    Elements x = Elements.of(inputs[0]);
    double[] gain = Elements.of(inputs[1]).cursor(n).read(0, n);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    long count = x.length() / n;
    double[][] gainParts = new double[Rows.chunks(count, n)][];
    double[][] biasParts = new double[gainParts.length][];
    rows.split(
        count,
        n,
        (chunk, first, end) -> {
          Elements.Cursor xs = x.cursor(n);
          Elements.Cursor gs = upstream.cursor(n);
          Elements.Cursor out = result.cursor(n);
          double[] gainPart = new double[n];
          double[] biasPart = new double[n];
          for (long row = first; row < end; row++) {
            double[] z = xs.read(row * n, n);
            double[] g = gs.read(row * n, n);
            double[] dx = out.values();
            double rate = standardise(z, epsilon);
            for (int i = 0; i < n; i++) {
              z[i] *= rate;
              gainPart[i] += g[i] * z[i];
              biasPart[i] += g[i];
              g[i] *= gain[i];
            }
            double meanG = Arithmetic.sum(g, n) / n;
            double meanGz = Arithmetic.dot(g, z, n) / n;
            for (int i = 0; i < n; i++) {
              dx[i] = rate * (g[i] - meanG - z[i] * meanGz);
            }
            out.write(row * n, n);
          }
          gainParts[chunk] = gainPart;
          biasParts[chunk] = biasPart;
        });
    ColumnSums.addUp(gainParts, Objects.requireNonNull(inputGradients[1]));
    ColumnSums.addUp(biasParts, Objects.requireNonNull(inputGradients[2]));
  }
}
