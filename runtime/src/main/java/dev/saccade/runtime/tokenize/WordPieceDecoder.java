package dev.saccade.runtime.tokenize;

import java.util.List;

/**
 * Puts word pieces together again.
 *
 * @param prefix marks a piece that belongs to the word before it
 * @param cleanUp take back the spaces that cutting put around English punctuation
 */
record WordPieceDecoder(String prefix, boolean cleanUp) {

  String decode(List<String> tokens) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      String token = tokens.get(i);
      if (i > 0) {
        token = token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
      }
      text.append(cleanUp ? cleaned(token) : token);
    }
    return text.toString();
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
