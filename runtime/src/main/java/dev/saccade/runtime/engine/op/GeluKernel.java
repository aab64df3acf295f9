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
  private static final double SQRT_HALF = Math.sqrt(0.5);
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
    rows.split(
        stretches(x),
        AT_ONCE,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(AT_ONCE);
          Elements.Cursor out = y.cursor(AT_ONCE);
          for (long stretch = first; stretch < end; stretch++) {
            long start = stretch * AT_ONCE;
            int count = (int) Math.min(AT_ONCE, x.length() - start);
            double[] values = in.read(start, count);
            for (int i = 0; i < count; i++) {
              out.values()[i] = values[i] * cumulative(values[i]);
            }
            out.write(start, count);
          }
        });
  }

  private static long stretches(Elements elements) {
    return (elements.length() + AT_ONCE - 1) / AT_ONCE;
  }

  private static double cumulative(double x) {
    return 0.5 * (1 + Erf.erf(x * SQRT_HALF));
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
    rows.split(
        stretches(x),
        AT_ONCE,
        (chunk, first, end) -> {
          Elements.Cursor in = x.cursor(AT_ONCE);
          Elements.Cursor gs = upstream.cursor(AT_ONCE);
          Elements.Cursor out = result.cursor(AT_ONCE);
          for (long stretch = first; stretch < end; stretch++) {
            long start = stretch * AT_ONCE;
            int count = (int) Math.min(AT_ONCE, x.length() - start);
            double[] values = in.read(start, count);
            double[] g = gs.read(start, count);
            for (int i = 0; i < count; i++) {
              double density = DENSITY_AT_ZERO * Math.exp(-0.5 * values[i] * values[i]);
              out.values()[i] = g[i] * (cumulative(values[i]) + values[i] * density);
            }
            out.write(start, count);
          }
        });
  }
}
