package dev.saccade.runtime.tokenize;

/** Puts the spellings of tokens together to text, token by token; one for each text. */
interface TokenJoiner {

  /** Takes the next token and returns the text that is certain now. */
  String add(String token);

  /** Returns what was held back. */
  default String finish() {
    return "";
  }
}
