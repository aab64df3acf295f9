package dev.saccade.runtime.generate;

import java.util.List;

/**
 * Looks in a text that arrives in pieces for strings that end it. What may be the beginning of one
 * is held back until it is known to be none, so that a listener never sees any of it.
 *
 * <p>For one text and one thread.
 */
final class StopStrings {

  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean found;

  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Takes the next piece and returns the text that is certain now, up to the stop string. */
  String add(String piece) {
    if (found) {
      return "";
    }
    held.append(piece);
    int stop = firstStop();
    found = stop >= 0;
    int certain = found ? stop : held.length() - beginning();
    String text = held.substring(0, certain);
    held.delete(0, certain);
    return text;
  }

  /** Whether a stop string came; nothing comes after it. */
  boolean found() {
    return found;
  }

  /** The text is over: returns what was held back and is no stop string after all. */
  String finish() {
    String rest = found ? "" : held.toString();
    held.setLength(0);
    return rest;
  }

  /** Where the first stop string begins; −1 for nowhere. */
  private int firstStop() {
    return stops.stream().mapToInt(held::indexOf).filter(at -> at >= 0).min().orElse(-1);
  }

  /** How many characters at the end may begin a stop string. */
  private int beginning() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, held.length());
      for (int length = most; length > longest; length--) {
        if (stop.startsWith(held.substring(held.length() - length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
