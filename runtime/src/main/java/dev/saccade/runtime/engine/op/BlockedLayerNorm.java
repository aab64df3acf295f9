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
    Block gains = Block.of(gain, 1, n);
    Block biases = Block.of(bias, 1, n);
    double epsilon = arguments.real(0);
    return rows -> math.normalise(rows, gains, biases, epsilon);
  }
}
