package dev.saccade.api.decode;

import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelChoice;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Causal attention that takes the positions of a text as they come. Prefill followed by single
 * steps gives what the full forward pass gives at each position.
 */
@ConsumerType
public interface IncrementalAttention {

  /** Says whether it decodes as it is asked to and, if not, every reason; before {@link #open}. */
  default Support check(DecodingSetup setup) {
    return setup.kernel() == KernelChoice.CUDA
        ? Support.no("it decodes on the CPU only")
        : Support.yes();
  }

  /** Returns the state before the first position. */
  DecodingState open(DecodingSetup setup);
}
