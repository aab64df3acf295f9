package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import java.util.StringTokenizer;

/**
 * One text of a corpus.
 *
 * @param name what reports call it, such as {@code 1863 Abraham Lincoln}
 * @param text the whole text; not blank
 */
public record Document(String name, String text) {

  public Document {
    if (text.isBlank()) {
      throw new SaccadeException("%s must hold text, but is blank".formatted(name));
    }
  }

  /** Returns the number of words, which white space separates. */
  public int words() {
    return new StringTokenizer(text).countTokens();
  }
}
