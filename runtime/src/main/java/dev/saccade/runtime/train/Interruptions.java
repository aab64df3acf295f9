package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;

/**
 * Keeps interruptions of the thread until a run has ended in good order, and then hands them back:
 * Java closes a file under the hands of an interrupted thread. Made, used and closed by one thread.
 */
final class Interruptions implements AutoCloseable {

  private boolean seen = Thread.interrupted();

  /** Says whether the thread has been interrupted, and takes the mark away. */
  boolean seen() {
    seen |= Thread.interrupted();
    return seen;
  }

  /** Does what must be done, again if an interruption spoils it. */
  void outlast(Runnable work) {
    boolean before = seen();
    try {
      work.run();
    } catch (SaccadeException e) {
      if (before || !seen()) {
        throw e;
      }
      work.run();
    }
  }

  /** Interrupts the thread again if it was. */
  @Override
  public void close() {
    if (seen()) {
      Thread.currentThread().interrupt();
    }
  }
}
