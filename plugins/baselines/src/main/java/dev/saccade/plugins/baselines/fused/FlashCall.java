package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Optional;

/** One run of {@link FlashKernel}, as its parts see it. Safe for use by many threads. */
record FlashCall(KernelCall call, AttentionSize size, float scale, Sight sight, BlockMath math) {

  static FlashCall of(KernelCall call, Arithmetic arithmetic) {
    return new FlashCall(
        call,
        AttentionSize.of(call.inputs().stream().map(Tensor::shape).toList()),
        (float) call.arguments().decimal(FlashKernel.SCALE),
        Sight.of(call.arguments()),
        call.math(arithmetic));
  }

  Tensor query() {
    return call.inputs().get(FlashKernel.QUERY);
  }

  Tensor key() {
    return call.inputs().get(FlashKernel.KEY);
  }

  Tensor value() {
    return call.inputs().get(FlashKernel.VALUE);
  }

  /** {@code [B, S]}, if any key may be padding. */
  Optional<Tensor> real() {
    return call.inputs().stream().skip(FlashKernel.REAL).findFirst();
  }

  Tensor context() {
    return call.outputs().get(FlashKernel.CONTEXT);
  }

  Tensor greatest() {
    return call.outputs().get(FlashKernel.GREATEST);
  }

  Tensor share() {
    return call.outputs().get(FlashKernel.SHARE);
  }

  /** A block of this run, of undefined content. */
  Block block(int rows, int columns) {
    return Block.of(call.floats(Math.multiplyExact(rows, columns)), rows, columns);
  }

  /** Once a block; see {@link KernelCall#stopIfInterrupted}. */
  void stopIfInterrupted() {
    call.stopIfInterrupted();
  }

  float[] floats(int length) {
    return call.floats(length);
  }
}
