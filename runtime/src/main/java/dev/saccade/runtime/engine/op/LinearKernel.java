package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.factory.Nd4j;

/**
 * x · W + b over the last axis: x {@code [..., I]}, W {@code [I, O]}, b {@code [O]} (optional) →
 * {@code [..., O]}.
 *
 * <p>SameDiff's mmul wants operands of equal rank, and its reshape copies; here x keeps its shape
 * and is read as a matrix in place. The products are ND4J's.
 */
final class LinearKernel implements GraphKernel {

  private final Rows rows;

  LinearKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] x = inputShapes.get(0);
    long[] weight = inputShapes.get(1);
    boolean fits = weight.length == 2 && Shapes.last(x) == weight[0];
    if (inputShapes.size() > 2) {
      long[] bias = inputShapes.get(2);
      fits &= bias.length == 1 && weight.length == 2 && bias[0] == weight[1];
    }
    Shapes.require(
        fits, "x, weight, bias must be [..., I], [I, O], [O]", inputShapes.toArray(new long[0][]));
    return List.of(Shapes.withLast(x, weight[1]));
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    INDArray result = matrix(outputs[0]);
    boolean biased = inputs.length > 2;
    if (biased) {
      fill(outputs[0], inputs[2]);
    }
    Nd4j.exec(
        new Mmul(
            matrix(inputs[0]), inputs[1], result, 1, biased ? 1 : 0, MMulTranspose.allFalse()));
  }

  /** The product is added to the bias: to add that afterwards is another way through memory. */
  private void fill(INDArray result, INDArray bias) {
    Elements y = Elements.of(result);
    Elements b = Elements.of(bias);
    int width = (int) b.length();
    Object row = b.room(width);
    b.readInto(row, 0, width);
    rows.split(
        y.length() / width,
        width,
        (chunk, first, end) -> {
          for (long i = first; i < end; i++) {
            y.writeFrom(row, i * width, width);
          }
        });
  }

  private static INDArray matrix(INDArray array) {
    return array.reshape('c', Shapes.rows(array.shape()), array.size(-1));
  }

  /** ∂x = ∂y·Wᵀ, ∂W = xᵀ·∂y, ∂b = Σ ∂y over the rows. */
  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    INDArray x = matrix(inputs[0]);
    INDArray upstream = matrix(outputGradients[0]);
    Nd4j.matmul(
        upstream, inputs[1], matrix(Objects.requireNonNull(inputGradients[0])), false, true, false);
    Nd4j.matmul(x, upstream, Objects.requireNonNull(inputGradients[1]), true, false, false);
    if (inputs.length > 2) {
      upstream.sum(Objects.requireNonNull(inputGradients[2]), false, 0);
    }
  }
}
