package dev.saccade.runtime.attention;

import dev.saccade.api.decode.DecodingStep;
import dev.saccade.api.kernel.Tensor;
import java.util.Optional;
import java.util.function.IntConsumer;

/** The next positions in host memory. */
record HostDecodingStep(
    Tensor query, Tensor key, Tensor value, Optional<Tensor> visible, Tensor context)
    implements DecodingStep {

  @Override
  public void parallel(int tasks, IntConsumer body) {
    HostThreads.run(tasks, body);
  }
}
