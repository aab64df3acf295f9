package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A kernel whose way forward goes row by row, in float32, by the processor's vectors. The way back,
 * and float64, are those of the plain kernel, which says what is computed.
 */
abstract class BlockedKernel implements GraphKernel {

  /** Half of what a core's nearest cache holds. */
  private static final int NUMBERS_AT_ONCE = 1 << 12;

  private final GraphKernel plain;
  private final Rows rows;
  private final BlockMath math;

  BlockedKernel(GraphKernel plain, Rows rows, BlockMath math) {
    this.plain = plain;
    this.rows = rows;
    this.math = math;
  }

  /** Computes some rows of the output in the memory of those of the first input. */
  @FunctionalInterface
  interface Change {
    void to(Block rows);
  }

  /** Returns what to do with rows of length {@code n}; for one thread. */
  abstract Change change(BlockMath math, INDArray[] inputs, KernelArguments arguments, int n);

  @Override
  public final void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    if (inputs[0].dataType() != DataType.FLOAT) {
      plain.forward(inputs, outputs, arguments);
      return;
    }
    int n = Shapes.last(inputs[0].shape());
    int atOnce = Math.max(1, NUMBERS_AT_ONCE / n);
    Elements x = Elements.of(inputs[0]);
    Elements y = Elements.of(outputs[0]);
    rows.split(
        x.length() / n,
        n,
        (chunk, first, end) -> {
          float[] numbers = new float[(int) Math.min(atOnce, end - first) * n];
          Change change = change(math, inputs, arguments, n);
          for (long row = first; row < end; row += atOnce) {
            int count = (int) Math.min(atOnce, end - row);
            x.read(row * n, numbers, count * n);
            change.to(Block.of(numbers, count, n));
            y.write(row * n, numbers, count * n);
          }
        });
  }

  @Override
  public final BackwardReads backwardReads() {
    return plain.backwardReads();
  }

  @Override
  public final List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    return plain.outputShapes(inputShapes, arguments);
  }

  @Override
  public final void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    plain.backward(inputs, outputs, outputGradients, inputGradients, arguments);
  }
}
