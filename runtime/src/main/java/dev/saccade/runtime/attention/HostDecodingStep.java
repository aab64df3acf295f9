package dev.saccade.runtime.attention;

import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.Tensor;
import dev.saccade.runtime.blocks.BlockArithmetic;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/** The next positions in host memory. */
record HostDecodingStep(
    Tensor query, Tensor key, Tensor value, Optional<Tensor> visible, Tensor context)
    implements DecodingStep {

  @Override
  public BlockMath math(Arithmetic arithmetic) {
    return BlockArithmetic.of(arithmetic);
  }

  @Override
  public void parallel(int tasks, IntConsumer body) {
    HostThreads.run(tasks, body);
  }

  @Override
  public <W> void parallel(int tasks, Supplier<W> worker, ObjIntConsumer<W> body) {
    HostThreads.run(tasks, worker, body);
  }
}
