package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * Documents as one row of tokens, cut into blocks of one length to train a language model on.
 *
 * <p>Before every document goes a separator, the first too: a document begins as a prompt does, and
 * its end is learnt as the separator that follows, save the last one's. Blocks do not overlap; of a
 * block of n tokens a causal model predicts n − 1. Immutable, so for any number of threads.
 */
public final class TokenBlocks {

  /** What becomes of the tokens that do not fill a block. */
  public enum Remainder {
    /** They are left out, so that all blocks are equally long. */
    DROPPED,
    /** They are a last, shorter block. */
    KEPT
  }

  private final int[] tokens;
  private final int[] starts;
  private final int length;
  private final int count;

  private TokenBlocks(int[] tokens, int[] starts, int length, Remainder remainder) {
    this.tokens = tokens;
    this.starts = starts;
    this.length = length;
    boolean shorter = tokens.length % length > 0 && remainder == Remainder.KEPT;
    count = tokens.length / length + (shorter ? 1 : 0);
    if (count == 0) {
      throw new SaccadeException(
          "the text must fill a block of %d tokens, but has %d; give more text or ask for shorter"
                  .formatted(length, tokens.length)
              + " blocks");
    }
  }

  /**
   * Packs documents, in their order, with the token that ends a text as the separator.
   *
   * @param length tokens of a block; at least 2
   * @throws SaccadeException when the tokenizer has no token that ends a text, or no block is full
   */
  public static TokenBlocks of(
      List<Document> documents, Tokenizer tokenizer, int length, Remainder remainder) {
    int separator =
        tokenizer
            .specialTokens()
            .end()
            .orElseThrow(
                () ->
                    new SaccadeException(
                        "the tokenizer must have a token that ends a text, to go between documents;"
                            + " name it as eos_token in tokenizer_config.json"));
    return of(
        documents.stream().map(document -> tokenizer.textIds(document.text())).toList(),
        separator,
        length,
        remainder);
  }

  /** Packs documents that are tokens already, each with the separator before it. */
  public static TokenBlocks of(
      List<int[]> documents, int separator, int length, Remainder remainder) {
    if (length < 2) {
      throw new SaccadeException(
          "a block must have at least 2 tokens, one to predict from another, not " + length);
    }
    long total = documents.stream().mapToLong(document -> 1L + document.length).sum();
    if (total > Integer.MAX_VALUE - 8) {
      throw new SaccadeException(
          "the text must have at most %d tokens, but has %d; split it"
              .formatted(Integer.MAX_VALUE - 8, total));
    }
    int[] tokens = new int[(int) total];
    int[] starts = new int[documents.size()];
    int at = 0;
    for (int i = 0; i < starts.length; i++) {
      starts[i] = at;
      tokens[at++] = separator;
      System.arraycopy(documents.get(i), 0, tokens, at, documents.get(i).length);
      at += documents.get(i).length;
    }
    return new TokenBlocks(tokens, starts, length, remainder);
  }

  /** Returns the number of blocks. */
  public int count() {
    return count;
  }

  /** Returns how many tokens every block has, save perhaps the last. */
  public int length() {
    return length;
  }

  /** Returns the tokens of a block as a new array. */
  public int[] block(int index) {
    check(index);
    return Arrays.copyOfRange(tokens, index * length, end(index));
  }

  /**
   * Returns the positions in a block at which documents start, where their separators are; a
   * document that goes on from the block before has none.
   */
  public int[] documentStarts(int index) {
    check(index);
    int from = index * length;
    return Arrays.stream(starts, firstStart(from), firstStart(end(index)))
        .map(start -> start - from)
        .toArray();
  }

  /** Returns all tokens before they were cut: those of texts, and a separator a document. */
  public long tokens() {
    return tokens.length;
  }

  /** Returns the number of separators. */
  public int separators() {
    return starts.length;
  }

  /** Returns the tokens that are in no block. */
  public int dropped() {
    return tokens.length - end(count - 1);
  }

  /** Returns how many tokens a causal model predicts in all blocks: all but the first of each. */
  public long predictions() {
    return (long) tokens.length - dropped() - count;
  }

  private int end(int index) {
    return (int) Math.min(tokens.length, (index + 1L) * length);
  }

  private int firstStart(int position) {
    int found = Arrays.binarySearch(starts, position);
    return found < 0 ? -found - 1 : found;
  }

  private void check(int index) {
    if (index < 0 || index >= count) {
      throw new SaccadeException(
          "a block must be from 0 to %d, but is %d".formatted(count - 1, index));
    }
  }
}
