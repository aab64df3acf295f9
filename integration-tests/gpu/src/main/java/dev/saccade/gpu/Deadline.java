package dev.saccade.gpu;

import java.time.Duration;

/** When nothing new is to be begun any more. */
final class Deadline {

  private final long end;
  private boolean cut;

  Deadline(Duration time) {
    this.end = System.nanoTime() + time.toNanos();
  }

  /** Whether it has passed; then something was left undone. */
  boolean passed() {
    cut |= System.nanoTime() - end > 0;
    return cut;
  }

  /** Whether anything was left undone. */
  boolean cut() {
    return cut;
  }

  /** Seconds that are left, at least 1. */
  long seconds() {
    return Math.max(1, Duration.ofNanos(end - System.nanoTime()).toSeconds());
  }
}
