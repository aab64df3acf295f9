package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The entries of the first input where the second is not zero, in compressed sparse rows along the
 * last axis: row pointers, columns and values, all of the inputs' type. How many there are is known
 * when the second input is; if there are none, one entry of zero stands for them, since ND4J has
 * trouble with empty arrays. A selection has no gradient: both inputs get zeros.
 */
final class SparseRowsKernel implements GraphKernel {

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  /** As many entries as there can be. */
  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] x = inputShapes.get(0);
    long length = 1;
    for (long axis : x) {
      length *= axis;
    }
    return shapes(x, inputShapes.get(1), length);
  }

  @Override
  public List<long[]> outputShapesOf(List<INDArray> inputs, KernelArguments arguments) {
    INDArray kept = inputs.get(1);
    try (INDArray dense = kept.dup('c')) { // reads straight through
      return shapes(inputs.get(0).shape(), kept.shape(), Math.max(1, count(dense)));
    }
  }

  private static List<long[]> shapes(long[] x, long[] kept, long entries) {
    Shapes.require(
        Arrays.equals(x, kept), "x and kept must have the same shape; they have", x, kept);
    long rows = 1;
    for (int axis = 0; axis < x.length - 1; axis++) {
      rows *= x[axis];
    }
    return List.of(new long[] {rows + 1}, new long[] {entries}, new long[] {entries});
  }

  private static long count(INDArray kept) {
    int n = Shapes.last(kept.shape());
    Elements.Cursor row = Elements.of(kept).cursor(n);
    long entries = 0;
    for (long start = 0; start < kept.length(); start += n) {
      double[] values = row.read(start, n);
      for (int column = 0; column < n; column++) {
        entries += values[column] == 0 ? 0 : 1;
      }
    }
    return entries;
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    int n = Shapes.last(inputs[0].shape());
    int rows = Math.toIntExact(inputs[0].length() / n);
    int entries = Math.toIntExact(outputs[1].length());
    Elements.Cursor x = Elements.of(inputs[0]).cursor(n);
    Elements.Cursor kept = Elements.of(inputs[1]).cursor(n);
    Elements.Cursor pointers = Elements.of(outputs[0]).cursor(rows + 1);
    Elements.Cursor columns = Elements.of(outputs[1]).cursor(entries);
    Elements.Cursor values = Elements.of(outputs[2]).cursor(entries);
    int next = 0;
    for (int row = 0; row < rows; row++) {
      double[] numbers = x.read((long) row * n, n);
      double[] keep = kept.read((long) row * n, n);
      for (int column = 0; column < n; column++) {
        if (keep[column] != 0) {
          columns.values()[next] = column;
          values.values()[next] = numbers[column];
          next++;
        }
      }
      pointers.values()[row + 1] = next == 0 && row == rows - 1 ? entries : next;
    }
    pointers.write(0, rows + 1);
    columns.write(0, entries);
    values.write(0, entries);
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
