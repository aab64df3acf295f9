package dev.saccade.runtime.tokenize;

/** Puts word pieces together again, with a space between words. */
final class WordPieceJoiner implements TokenJoiner {

  private final String prefix;
  private final boolean cleanUp;
  private boolean first = true;

  /**
   * Starts a text.
   *
   * @param prefix marks a piece that belongs to the word before it
   * @param cleanUp take back the spaces that cutting put around English punctuation
   */
  WordPieceJoiner(String prefix, boolean cleanUp) {
    this.prefix = prefix;
    this.cleanUp = cleanUp;
  }

  @Override
  public String add(String token) {
    String text = token;
    if (!first) {
      text = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
    }
    first = false;
    return cleanUp ? cleaned(text) : text;
  }

  /** The replacements of Hugging Face in its order; it makes them token by token as well. */
  private static String cleaned(String token) {
    return token
        .replace(" .", ".")
        .replace(" ?", "?")
        .replace(" !", "!")
        .replace(" ,", ",")
        .replace(" ' ", "'")
        .replace(" n't", "n't")
        .replace(" 'm", "'m")
        .replace(" do not", " don't")
        .replace(" 's", "'s")
        .replace(" 've", "'ve")
        .replace(" 're", "'re");
  }
}
