package dev.saccade.runtime;

import java.io.Serial;

/**
 * Something the caller can put right: a missing file, a name that is not installed, a value out of
 * range.
 *
 * <p>The message is one line that says what was expected, what came and what to do. The command
 * line prints it without a stack trace; any other exception is a bug.
 */
public class SaccadeException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  public SaccadeException(String message) {
    super(message);
  }

  public SaccadeException(String message, Throwable cause) {
    super(message, cause);
  }
}
