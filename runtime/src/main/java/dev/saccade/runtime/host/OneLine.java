package dev.saccade.runtime.host;

import java.util.HashSet;
import java.util.Set;

/** The one line of an exception that tells a user most. */
final class OneLine {

  private static final String CAUSED_BY = "Caused by: ";

  private OneLine() {}

  /** Returns the innermost cause: its class without package, and its message. */
  static String of(Throwable thrown) {
    Throwable root = thrown;
    Set<Throwable> seen = new HashSet<>();
    for (Throwable next = thrown; next != null && seen.add(next); next = next.getCause()) {
      root = next;
    }
    return of(root.toString());
  }

  /** Returns the same from a printed stack trace. */
  static String ofStackTrace(String printed) {
    int cause = printed.lastIndexOf(CAUSED_BY);
    return of(cause < 0 ? printed : printed.substring(cause + CAUSED_BY.length()));
  }

  private static String of(String described) {
    String line = described.strip().lines().findFirst().orElse("").strip();
    int colon = line.indexOf(':');
    String type = colon < 0 ? line : line.substring(0, colon);
    String message = colon < 0 ? "" : line.substring(colon);
    return type.substring(type.lastIndexOf('.') + 1) + message;
  }
}
