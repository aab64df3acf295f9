package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import java.time.Duration;

/** What a model does when the bundle of its mechanism has left. */
public sealed interface WhenGone {

  /**
   * Calls wait for it to come back, as it does within milliseconds of an update.
   *
   * @param patience how long a call waits, from its beginning
   */
  record Wait(Duration patience) implements WhenGone {
    public Wait {
      if (patience.isNegative()) {
        throw new SaccadeException("the patience must not be negative but is " + patience);
      }
    }
  }

  /** Calls run on another mechanism, with its default options, until it comes back. */
  record FallBack(String mechanism) implements WhenGone {}

  /** Calls fail at once with the reason. */
  record Refuse() implements WhenGone {}

  /** Waits up to half a minute. */
  static WhenGone waiting() {
    return waiting(Duration.ofSeconds(30));
  }

  static WhenGone waiting(Duration patience) {
    return new Wait(patience);
  }

  static WhenGone fallingBackTo(String mechanism) {
    return new FallBack(mechanism);
  }

  static WhenGone refusing() {
    return new Refuse();
  }
}
