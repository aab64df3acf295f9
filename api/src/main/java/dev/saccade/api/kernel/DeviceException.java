package dev.saccade.api.kernel;

import java.io.Serial;
import java.util.Objects;

/**
 * What a device could not do while a kernel ran on it: its memory did not suffice, or it was lost.
 * It is nobody's bug, so the runtime passes it on to the user as an error of his.
 *
 * <p>The message is one line: what happened, what was being done, and what to do.
 */
public class DeviceException extends IllegalStateException {

  @Serial private static final long serialVersionUID = 1L;

  public DeviceException(String message) {
    super(message);
  }

  /** Never null. */
  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
