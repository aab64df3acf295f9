package dev.saccade.api.decode;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Causal attention that takes the positions of a text as they come. Prefill followed by single
 * steps gives what the full forward pass gives at each position.
 */
@ConsumerType
public interface IncrementalAttention {

  /** Returns the state before the first position. */
  DecodingState open(DecodingSetup setup);
}
