package dev.saccade.runtime.model;

import java.time.Duration;

/** What a model does when the bundle of its mechanism has left. */
public sealed interface WhenGone {

  /** Calls wait for it to come back, as it does within milliseconds of an update. */
  record Wait(Duration patience) implements WhenGone {}

  /** Calls run on another mechanism, with its default options, until it comes back. */
  record FallBack(String mechanism) implements WhenGone {}

  /** Calls fail at once with the reason. */
  record Refuse() implements WhenGone {}

  /** Waits up to half a minute. */
  static WhenGone waiting() {
    return new Wait(Duration.ofSeconds(30));
  }

  static WhenGone fallingBackTo(String mechanism) {
    return new FallBack(mechanism);
  }

  static WhenGone refusing() {
    return new Refuse();
  }
}
