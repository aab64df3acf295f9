package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;

/**
 * Keeps interruptions of the thread until a run has ended in good order: Java closes a file under
 * the hands of an interrupted thread. Made and used by one thread.
 */
final class Interruptions {

  private boolean seen;

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
  void handBack() {
    if (seen()) {
      Thread.currentThread().interrupt();
    }
  }
}
