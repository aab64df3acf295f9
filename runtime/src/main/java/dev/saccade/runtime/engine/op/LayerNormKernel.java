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
    double mean = sum(values) / values.length;
    for (int i = 0; i < values.length; i++) {
      values[i] -= mean;
    }
    return 1 / Math.sqrt(dot(values, values) / values.length + epsilon);
  }

  /** Four sums at once: a single one would wait for each addition to end. */
  private static double sum(double[] a) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      s0 += a[i];
      s1 += a[i + 1];
      s2 += a[i + 2];
      s3 += a[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static double dot(double[] a, double[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < a.length; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
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
            double meanG = sum(g) / n;
            double meanGz = dot(g, z) / n;
            for (int i = 0; i < n; i++) {
              dx[i] = rate * (g[i] - meanG - z[i] * meanGz);
            }
            out.write(row * n, n);
          }
          gainParts[chunk] = gainPart;
          biasParts[chunk] = biasPart;
        });
    addUp(gainParts, Objects.requireNonNull(inputGradients[1]), n);
    addUp(biasParts, Objects.requireNonNull(inputGradients[2]), n);
  }

  private static void addUp(double[][] parts, INDArray result, int n) {
    Elements.Cursor out = Elements.of(result).cursor(n);
    for (double[] part : parts) {
      for (int i = 0; i < n; i++) {
        out.values()[i] += part[i];
      }
    }
    out.write(0, n);
  }
}
