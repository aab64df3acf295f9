package dev.saccade.api.option;

import java.io.Serial;
import java.util.List;

/** Options that do not fit a schema; the message names every problem. */
public final class OptionException extends IllegalArgumentException {

  @Serial private static final long serialVersionUID = 1L;

  public OptionException(List<String> problems) {
    super(String.join("; ", problems));
  }
}
