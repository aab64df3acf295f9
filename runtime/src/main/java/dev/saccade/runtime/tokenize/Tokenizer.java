package dev.saccade.runtime.tokenize;

import java.util.OptionalInt;

/**
 * Cuts text into the tokens that a model knows and numbers them; {@link TokenizerFile} reads one,
 * {@link BpeTrainer} learns one.
 *
 * <p>A tokenizer never changes after it was read, so one serves any number of threads.
 *
 * <p>Half a surrogate pair is no character; every tokenizer takes it for U+FFFD, the replacement
 * character.
 */
public interface Tokenizer {

  /** Encodes the whole text, with the special tokens that the model expects around it. */
  TokenSequence encode(String text);

  /**
   * Encodes as much of the text as fits into {@code maximumLength} tokens. The special tokens count
   * and stay; what is cut is the end of the text.
   *
   * @throws dev.saccade.runtime.SaccadeException when not even the special tokens fit
   */
  TokenSequence encode(String text, int maximumLength);

  /** Returns the ids of the text alone, with nothing around it: what a corpus is packed from. */
  int[] textIds(String text);

  /**
   * Returns text for these ids, without special tokens. Case, accents and spacing that encoding
   * dropped do not come back.
   *
   * @throws dev.saccade.runtime.SaccadeException when an id is not in the vocabulary
   */
  String decode(int... ids);

  /** Returns a decoder for ids that arrive one at a time, as a model generates them. */
  StreamingDecoder streamingDecoder();

  /** Returns one more than the largest id: the rows that an embedding table needs. */
  int vocabularySize();

  /** Returns the id of a token spelled as in the vocabulary, such as {@code "##ing"}. */
  OptionalInt idOf(String token);

  /**
   * Returns how the vocabulary spells a token.
   *
   * @throws dev.saccade.runtime.SaccadeException when the id is not in the vocabulary
   */
  String tokenOf(int id);

  /** Returns the tokens with a role, such as the one that ends a text. */
  SpecialTokens specialTokens();

  /** Returns the id that fills short sequences of a batch; a mask must hide it. */
  default int paddingId() {
    return specialTokens().padding().orElse(0);
  }
}
