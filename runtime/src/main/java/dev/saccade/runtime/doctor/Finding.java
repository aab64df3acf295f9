package dev.saccade.runtime.doctor;

import dev.saccade.runtime.SaccadeException;
import java.util.Optional;

/**
 * One thing that was looked at.
 *
 * @param subject what, in a word or two
 * @param state how it is
 * @param text what was found, in one line
 * @param remedy what to do, where something can be done
 */
public record Finding(String subject, State state, String text, Optional<String> remedy) {

  /** How a thing is. */
  public enum State {
    GOOD,
    /** Not there, and not needed. */
    ABSENT,
    /** Needed, and not as it should be. */
    BAD
  }

  static Finding good(String subject, String text) {
    return new Finding(subject, State.GOOD, text, Optional.empty());
  }

  static Finding absent(String subject, String text, String remedy) {
    return new Finding(subject, State.ABSENT, text, Optional.of(remedy));
  }

  static Finding bad(String subject, String text, String remedy) {
    return new Finding(subject, State.BAD, text, Optional.of(remedy));
  }

  /** A message to a user says itself what to do. */
  static Finding bad(String subject, SaccadeException why) {
    return new Finding(subject, State.BAD, String.valueOf(why.getMessage()), Optional.empty());
  }

  /** Whether this is about {@code what}. */
  public boolean concerns(String what) {
    return subject.equals(what);
  }

  /** Whether Saccade does not work as it is. */
  public boolean isFatal() {
    return state == State.BAD;
  }
}
