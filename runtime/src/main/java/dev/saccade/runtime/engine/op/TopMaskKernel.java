package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One for the greatest elements of each row along the last axis, zero elsewhere.
 *
 * <p>The second input says how many: one count a row, or fewer where an axis has length 1. Of equal
 * elements those at lower indices win. A selection has no gradient: both inputs get zeros.
 */
final class TopMaskKernel implements GraphKernel {

  private final Rows rows;

  TopMaskKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] x = inputShapes.get(0);
    long[] count = inputShapes.get(1);
    boolean fits = count.length == x.length && Shapes.last(count) == 1;
    for (int axis = 0; fits && axis < x.length - 1; axis++) {
      fits = count[axis] == x[axis] || count[axis] == 1;
    }
    Shapes.require(
        fits, "count must have the axes of x or 1, the last being 1; x and count", x, count);
    return List.of(x);
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    long[] shape = inputs[0].shape();
    long[] countShape = inputs[1].shape();
    double[] counts =
        Elements.of(inputs[1]).cursor((int) inputs[1].length()).read(0, (int) inputs[1].length());
    Elements values = Elements.of(inputs[0]);
    Elements mask = Elements.of(outputs[0]);
    rows.split(
        values.length() / n,
        n,
        (chunk, first, end) -> {
          Elements.Cursor in = values.cursor(n);
          Elements.Cursor out = mask.cursor(n);
          double[] sorted = new double[n];
          for (long row = first; row < end; row++) {
            double count = counts[countIndex(row, shape, countShape)];
            select(
                in.read(row * n, n),
                Math.max(0, Math.min(n, Math.round(count))),
                sorted,
                out.values());
            out.write(row * n, n);
          }
        });
  }

  /** Which count belongs to a row, where axes of length 1 serve every index. */
  private static int countIndex(long row, long[] shape, long[] countShape) {
    long rest = row;
    long index = 0;
    long stride = 1;
    for (int axis = shape.length - 2; axis >= 0; axis--) {
      long at = rest % shape[axis];
      rest /= shape[axis];
      if (countShape[axis] > 1) {
        index += at * stride;
      }
      stride *= countShape[axis];
    }
    return Math.toIntExact(index);
  }

  private static void select(double[] x, long count, double[] sorted, double[] mask) {
    Arrays.fill(mask, 0);
    if (count == 0) {
      return;
    }
    System.arraycopy(x, 0, sorted, 0, x.length);
    Arrays.sort(sorted);
    double threshold = sorted[(int) (x.length - count)];
    long ties = count;
    for (int i = 0; i < x.length; i++) {
      if (x[i] > threshold) {
        mask[i] = 1;
        ties--;
      }
    }
    for (int i = 0; i < x.length && ties > 0; i++) {
      if (x[i] == threshold) {
        mask[i] = 1;
        ties--;
      }
    }
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    for (INDArray gradient : inputGradients) {
      if (gradient != null) {
        gradient.assign(0);
      }
    }
  }
}
