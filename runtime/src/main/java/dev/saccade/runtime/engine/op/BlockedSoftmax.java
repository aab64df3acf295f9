package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link SoftmaxKernel} in vectors. */
final class BlockedSoftmax extends BlockedKernel {

  BlockedSoftmax(Rows rows, BlockMath math) {
    super(new SoftmaxKernel(rows), rows, math);
  }

  @Override
  Change change(BlockMath math, INDArray[] inputs, KernelArguments arguments, int n) {
    return rows -> soften(math, rows);
  }

  private static void soften(BlockMath math, Block rows) {
    float[] shifts = new float[rows.rows()];
    Arrays.fill(shifts, Float.NEGATIVE_INFINITY);
    math.rowMaxima(rows, shifts);
    for (int row = 0; row < shifts.length; row++) {
      // −∞ − (−∞) is no number; e^(−∞) is zero, as it should be where everything is masked.
      shifts[row] = shifts[row] == Float.NEGATIVE_INFINITY ? 0 : shifts[row];
    }
    float[] sums = new float[rows.rows()];
    math.exp(rows, shifts, sums);
    for (int row = 0; row < sums.length; row++) {
      sums[row] = sums[row] == 0 ? 0 : 1 / sums[row];
    }
    math.scaleRows(rows, sums);
  }
}
