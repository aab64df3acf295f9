package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link LayerNormKernel} in vectors. */
final class BlockedLayerNorm extends BlockedKernel {

  BlockedLayerNorm(Rows rows, BlockMath math) {
    super(new LayerNormKernel(rows), rows, math);
  }

  @Override
  Change change(BlockMath math, INDArray[] inputs, KernelArguments arguments, int n) {
    float[] gain = new float[n];
    float[] bias = new float[n];
    Elements.of(inputs[1]).read(0, gain, n);
    Elements.of(inputs[2]).read(0, bias, n);
    double epsilon = arguments.real(0);
    return rows -> {
      subtractMeans(math, rows);
      // Of almost equal numbers, the rounding of the mean is all that would be left.
      subtractMeans(math, rows);
      float[] squares = new float[rows.rows()];
      math.rowProducts(rows, rows, squares);
      for (int row = 0; row < rows.rows(); row++) {
        float rate = (float) (1 / Math.sqrt(squares[row] / (double) n + epsilon));
        float[] x = rows.data();
        int start = row * n;
        for (int i = 0; i < n; i++) {
          x[start + i] = x[start + i] * rate * gain[i] + bias[i];
        }
      }
    };
  }

  private static void subtractMeans(BlockMath math, Block rows) {
    float[] sums = new float[rows.rows()];
    math.rowSums(rows, sums);
    int n = rows.columns();
    float[] x = rows.data();
    for (int row = 0; row < rows.rows(); row++) {
      float mean = sums[row] / n;
      int start = row * n;
      for (int i = 0; i < n; i++) {
        x[start + i] -= mean;
      }
    }
  }
}
