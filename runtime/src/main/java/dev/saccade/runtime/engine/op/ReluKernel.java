package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * max(x, 0), element by element. ND4J's own gradient takes longer than the product before it. NaN
 * stays NaN; the gradient at 0 is 0, as PyTorch has it.
 */
final class ReluKernel implements GraphKernel {

  /** Half of what a core's nearest cache holds. */
  private static final int NUMBERS_AT_ONCE = 1 << 12;

  private final Rows rows;

  ReluKernel(Rows rows) {
    this.rows = rows;
  }

  /** What was cut off is zero in the output, too; so the input may go. */
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
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    rows.split(
        x.length(),
        1,
        (chunk, first, end) -> {
          Object numbers = x.room(NUMBERS_AT_ONCE);
          for (long at = first; at < end; at += NUMBERS_AT_ONCE) {
            int count = (int) Math.min(NUMBERS_AT_ONCE, end - at);
            x.readInto(numbers, at, count);
            if (numbers instanceof float[] floats) {
              for (int i = 0; i < count; i++) {
                floats[i] = Math.max(floats[i], 0);
              }
            } else {
              double[] doubles = (double[]) numbers;
              for (int i = 0; i < count; i++) {
                doubles[i] = Math.max(doubles[i], 0);
              }
            }
            y.writeFrom(numbers, at, count);
          }
        });
  }

  /** ∂x = ∂y where y &gt; 0, else 0. */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    Elements y = Elements.of(outputs[0]);
    Elements upstream = Elements.of(outputGradients[0]);
    Elements result = Elements.of(Objects.requireNonNull(inputGradients[0]));
    rows.split(
        y.length(),
        1,
        (chunk, first, end) -> {
          Object values = y.room(NUMBERS_AT_ONCE);
          Object gradients = upstream.room(NUMBERS_AT_ONCE);
          for (long at = first; at < end; at += NUMBERS_AT_ONCE) {
            int count = (int) Math.min(NUMBERS_AT_ONCE, end - at);
            y.readInto(values, at, count);
            upstream.readInto(gradients, at, count);
            keepWherePositive(values, gradients, count);
            result.writeFrom(gradients, at, count);
          }
        });
  }

  private static void keepWherePositive(Object values, Object gradients, int count) {
    if (values instanceof float[] narrow) {
      float[] floats = (float[]) gradients;
      for (int i = 0; i < count; i++) {
        floats[i] = narrow[i] > 0 ? floats[i] : 0;
      }
    } else {
      double[] wide = (double[]) values;
      double[] doubles = (double[]) gradients;
      for (int i = 0; i < count; i++) {
        doubles[i] = wide[i] > 0 ? doubles[i] : 0;
      }
    }
  }
}
