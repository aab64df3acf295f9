package dev.saccade.runtime.tokenize;

/**
 * Decodes ids one at a time. A character whose bytes are spread over several tokens is held back
 * until it is whole, so that a terminal never shows half of one.
 *
 * <p>All that {@link #add} and then {@link #finish} return, put together, is what {@link
 * Tokenizer#decode} returns for the same ids. For one text and one thread.
 */
public interface StreamingDecoder {

  /**
   * Takes the next id and returns the text that is certain now; often empty.
   *
   * @throws dev.saccade.runtime.SaccadeException when the id is not in the vocabulary
   */
  String add(int id);

  /** Returns what was held back: nothing, or U+FFFD for a character that was never completed. */
  String finish();
}
