package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.blas.params.MMulTranspose;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.reduce.Mmul;
import org.nd4j.linalg.factory.Nd4j;

/**
 * x · W + b + c over the last axis: x {@code [..., I]}, W {@code [I, O]}, b {@code [O]} (optional),
 * c {@code [..., O]} (optional, with b) → {@code [..., O]}.
 *
 * <p>SameDiff's mmul wants operands of equal rank, and its reshape copies; here x keeps its shape
 * and is read as a matrix in place. The products are ND4J's.
 */
final class LinearKernel implements GraphKernel {

  private static final int BIAS = 2;
  private static final int BASE = 3;

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
    if (inputShapes.size() > BIAS) {
      long[] bias = inputShapes.get(BIAS);
      fits &= bias.length == 1 && weight.length == 2 && bias[0] == weight[1];
    }
    if (inputShapes.size() > BASE) {
      fits &= Arrays.equals(inputShapes.get(BASE), Shapes.withLast(x, weight[1]));
    }
    Shapes.require(
        fits,
        "x, weight, bias, base must be [..., I], [I, O], [O], [..., O]",
        inputShapes.toArray(new long[0][]));
    return List.of(Shapes.withLast(x, weight[1]));
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    INDArray result = matrix(outputs[0]);
    boolean biased = inputs.length > BIAS;
    if (biased) {
      fill(inputs, outputs[0]);
    }
    Nd4j.exec(
        new Mmul(
            matrix(inputs[0]), inputs[1], result, 1, biased ? 1 : 0, MMulTranspose.allFalse()));
  }

  /**
   * The product is added to the bias, and to the base if there is one: to add them afterwards is
   * another way through memory.
   */
  private void fill(INDArray[] inputs, INDArray result) {
    Elements y = Elements.of(result);
    Elements bias = Elements.of(inputs[BIAS]);
    @Nullable Elements base = inputs.length > BASE ? Elements.of(inputs[BASE]) : null;
    int width = (int) bias.length();
    Object ofAll = bias.room(width);
    bias.readInto(ofAll, 0, width);
    rows.split(
        y.length() / width,
        width,
        (chunk, first, end) -> {
          Object row = base == null ? ofAll : y.room(width);
          for (long i = first; i < end; i++) {
            if (base != null) {
              base.readInto(row, i * width, width);
              add(ofAll, row);
            }
            y.writeFrom(row, i * width, width);
          }
        });
  }

  private static void add(Object bias, Object row) {
    if (row instanceof float[] floats) {
      float[] more = (float[]) bias;
      for (int i = 0; i < floats.length; i++) {
        floats[i] += more[i];
      }
    } else {
      double[] doubles = (double[]) row;
      double[] more = (double[]) bias;
      for (int i = 0; i < doubles.length; i++) {
        doubles[i] += more[i];
      }
    }
  }

  private static INDArray matrix(INDArray array) {
    return array.reshape('c', Shapes.rows(array.shape()), array.size(-1));
  }

  /** ∂x = ∂y·Wᵀ, ∂W = xᵀ·∂y, ∂b = Σ ∂y over the rows, ∂c = ∂y. */
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
    if (inputs.length > BIAS) {
      ColumnSums.of(outputGradients[0], rows, Objects.requireNonNull(inputGradients[BIAS]));
    }
    if (inputs.length > BASE) {
      matrix(Objects.requireNonNull(inputGradients[BASE])).assign(upstream);
    }
  }
}
