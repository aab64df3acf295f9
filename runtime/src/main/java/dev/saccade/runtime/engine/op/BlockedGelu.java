package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import org.nd4j.linalg.api.ndarray.INDArray;

/** {@link GeluKernel} in vectors. */
final class BlockedGelu extends BlockedKernel {

  BlockedGelu(Rows rows, BlockMath math) {
    super(new GeluKernel(rows), rows, math);
  }

  @Override
  Change change(BlockMath math, INDArray[] inputs, KernelArguments arguments, int n) {
    return math::gelu;
  }
}
