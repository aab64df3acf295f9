package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Running sums along an axis, the element itself included.
 *
 * <p>Integer argument: the axis, negative from the end.
 */
final class CumulativeSumKernel implements GraphKernel {

  private final Rows rows;

  CumulativeSumKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.NOTHING;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] shape = inputShapes.get(0);
    Shapes.axis(shape, arguments.integer(0));
    return List.of(shape);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    scan(inputs[0], outputs[0], arguments, false);
  }

  /** ∂x is the running sum of ∂y from the end. */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    scan(outputGradients[0], Objects.requireNonNull(inputGradients[0]), arguments, true);
  }

  /** Adds up rows of the axes after the summed one: memory is walked in order. */
  private void scan(INDArray from, INDArray to, KernelArguments arguments, boolean fromEnd) {
    long[] shape = from.shape();
    int axis = Shapes.axis(shape, arguments.integer(0));
    int n = Math.toIntExact(shape[axis]);
    int inner = Math.toIntExact(Shapes.product(shape, axis + 1, shape.length));
    long outer = Shapes.product(shape, 0, axis);
    Elements source = Elements.of(from);
    Elements target = Elements.of(to);
    rows.split(
        outer,
        Math.toIntExact((long) n * inner),
        (chunk, first, end) -> {
          Elements.Cursor in = source.cursor(inner);
          Elements.Cursor out = target.cursor(inner);
          for (long block = first; block < end; block++) {
            Arrays.fill(out.values(), 0);
            for (int step = 0; step < n; step++) {
              long start = (block * n + (fromEnd ? n - 1 - step : step)) * inner;
              double[] values = in.read(start, inner);
              for (int i = 0; i < inner; i++) {
                out.values()[i] += values[i];
              }
              out.write(start, inner);
            }
          }
        });
  }
}
