package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** x · Φ(x) with the normal distribution's Φ, not an approximation of it (Hendrycks 2016). */
final class GeluKernel implements GraphKernel {

  private static final int AT_ONCE = 1 << 10;
  private static final double DENSITY_AT_ZERO = 1 / Math.sqrt(2 * Math.PI);

  private final Rows rows;

  GeluKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    return List.of(inputShapes.get(0));
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    Arithmetic arithmetic = x.arithmetic();
    rows.split(
        stretches(x),
        AT_ONCE,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(AT_ONCE);
          Elements.Cursor out = y.cursor(AT_ONCE);
          double[] density = new double[AT_ONCE];
          double[] half = new double[AT_ONCE];
          for (long stretch = first; stretch < end; stretch++) {
            long start = stretch * AT_ONCE;
            int count = (int) Math.min(AT_ONCE, x.length() - start);
            double[] values = in.read(start, count);
            density(arithmetic, values, density, count);
            arithmetic.halfErf(values, density, half, count);
            double[] results = out.values();
            for (int i = 0; i < count; i++) {
              // Φ(x) = ½ + sign(x)·half, and x·sign(x) = |x|.
              results[i] = 0.5 * values[i] + Math.abs(values[i]) * half[i];
            }
            out.write(start, count);
          }
        });
  }

  /** Writes e^(−x²/2). */
  private static void density(Arithmetic arithmetic, double[] x, double[] density, int count) {
    for (int i = 0; i < count; i++) {
      density[i] = -0.5 * x[i] * x[i];
    }
    arithmetic.exponential(density, count);
  }

  private static long stretches(Elements elements) {
    return (elements.length() + AT_ONCE - 1) / AT_ONCE;
  }

  /** ∂x = ∂y · (Φ(x) + x·φ(x)). */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    Elements x = Elements.of(inputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    Arithmetic arithmetic = x.arithmetic();
    rows.split(
        stretches(x),
        AT_ONCE,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(AT_ONCE);
          Elements.Cursor gs = upstream.cursor(AT_ONCE);
          Elements.Cursor out = result.cursor(AT_ONCE);
          double[] density = new double[AT_ONCE];
          double[] half = new double[AT_ONCE];
          for (long stretch = first; stretch < end; stretch++) {
            long start = stretch * AT_ONCE;
            int count = (int) Math.min(AT_ONCE, x.length() - start);
            double[] values = in.read(start, count);
            double[] g = gs.read(start, count);
            density(arithmetic, values, density, count);
            arithmetic.halfErf(values, density, half, count);
            double[] results = out.values();
            for (int i = 0; i < count; i++) {
              // Never 0/0, and exactly ±1 for every other float or double of use.
              double sign = values[i] / (Math.abs(values[i]) + Double.MIN_NORMAL);
              double slope = 0.5 + sign * half[i] + values[i] * DENSITY_AT_ZERO * density[i];
              results[i] = g[i] * slope;
            }
            out.write(start, count);
          }
        });
  }
}
