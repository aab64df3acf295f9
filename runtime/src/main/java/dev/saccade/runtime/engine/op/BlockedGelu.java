package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link GeluKernel} in vectors: x/2 · (1 + erf(x/√2)). */
final class BlockedGelu extends BlockedKernel {

  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  BlockedGelu(Rows rows, BlockMath math) {
    super(new GeluKernel(rows), rows, math);
  }

  @Override
  Change change(BlockMath math, INDArray[] inputs, KernelArguments arguments, int n) {
    return new Change() {
      private float[] erf = {};

      @Override
      public void to(Block rows) {
        float[] x = rows.data();
        int count = rows.rows() * rows.columns();
        if (erf.length < count) {
          erf = new float[count];
        }
        for (int i = 0; i < count; i++) {
          erf[i] = x[i] * SQRT_HALF;
        }
        math.erf(Block.of(erf, 1, count));
        for (int i = 0; i < count; i++) {
          x[i] = 0.5f * x[i] * (1 + erf[i]);
        }
      }
    };
  }
}
