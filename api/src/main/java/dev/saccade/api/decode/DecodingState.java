package dev.saccade.api.decode;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * All that a layer remembers of the positions so far: a key/value cache, a running sum, a window.
 * Used by one thread at a time.
 */
@ConsumerType
public interface DecodingState extends AutoCloseable {

  /** How many positions it has taken. */
  int length();

  /**
   * How many bytes it holds, in Java's memory and outside. What it shares with forks counts for
   * each of them; the layer's parameters do not.
   */
  long bytes();

  /**
   * Takes the next positions, many for a prompt or one while generating, and writes the context.
   */
  void advance(DecodingStep step);

  /**
   * Returns an independent state that goes on from here with the given sequences of the batch, in
   * this order; a sequence may be named more than once. Beam search forks so.
   *
   * @param sequences indices into this state's batch
   */
  DecodingState fork(List<Integer> sequences);

  /** Frees the memory of this state; forks keep theirs. */
  @Override
  void close();
}
