package dev.saccade.runtime.attention;

import dev.saccade.runtime.SaccadeException;

/**
 * Whether the thread that asked for a computation was interrupted meanwhile; for any thread to ask.
 *
 * <p>Once seen it stays: a thread that waits for those of Java's pool takes its own mark away until
 * they have ended.
 */
final class Interruption {

  private final Thread caller = Thread.currentThread();
  private volatile boolean seen;

  boolean isThere() {
    if (!seen && caller.isInterrupted()) {
      seen = true;
    }
    return seen;
  }

  /**
   * @throws SaccadeException if it is there; the caller stays interrupted
   */
  void stop() {
    if (isThere()) {
      throw new SaccadeException("the computation was interrupted");
    }
  }
}
