package dev.saccade.runtime.tokenize;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** The tokens of one text in order: ids, spellings, and which of them are not from the text. */
public final class TokenSequence {

  private final int[] ids;
  private final Vocabulary vocabulary;
  private final BitSet special;

  TokenSequence(int[] ids, Vocabulary vocabulary, BitSet special) {
    this.ids = ids;
    this.vocabulary = vocabulary;
    this.special = special;
  }

  /** Returns the number of tokens, special ones included. */
  public int length() {
    return ids.length;
  }

  /** Returns the ids as a new array. */
  public int[] ids() {
    return ids.clone();
  }

  /** Returns the id at a position. */
  public int id(int position) {
    return ids[position];
  }

  /** Returns the tokens as the vocabulary spells them. */
  public List<String> tokens() {
    return Arrays.stream(ids).mapToObj(vocabulary::token).toList();
  }

  /**
   * Says whether the tokenizer put this token around the text. A special token that the text itself
   * spells out is part of the text.
   */
  public boolean isSpecial(int position) {
    return special.get(position);
  }

  /** Returns the number of tokens that come from the text. */
  public int textLength() {
    return ids.length - special.cardinality();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenSequence that
        && Arrays.equals(ids, that.ids)
        && special.equals(that.special)
        && (vocabulary == that.vocabulary || tokens().equals(that.tokens()));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return String.join(" ", tokens());
  }
}
