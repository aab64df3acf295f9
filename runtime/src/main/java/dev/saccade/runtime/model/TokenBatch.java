package dev.saccade.runtime.model;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.tokenize.TokenSequence;
import java.util.Arrays;
import java.util.List;

/**
 * Token sequences side by side, {@code [B, T]}: T is the length of the longest, and padding fills
 * the others. Immutable.
 */
public final class TokenBatch {

  private final int sequences;
  private final int positions;
  private final int[] ids;
  private final boolean[] real;
  private final int[] types;

  private TokenBatch(int sequences, int positions, int[] ids, boolean[] real, int[] types) {
    this.sequences = sequences;
    this.positions = positions;
    this.ids = ids;
    this.real = real;
    this.types = types;
  }

  /**
   * Texts, padded behind.
   *
   * @param paddingId what padding holds; nobody sees it
   * @throws SaccadeException if there is no text, or one has no token
   */
  public static TokenBatch of(List<TokenSequence> texts, int paddingId) {
    return ofIds(texts.stream().map(TokenSequence::ids).toList(), paddingId);
  }

  /** As {@link #of} for ids alone. */
  public static TokenBatch ofIds(List<int[]> texts, int paddingId) {
    return ofIds(texts, paddingId, 1);
  }

  /** As {@link #ofIds(List, int)}, but with at least so many positions. */
  static TokenBatch ofIds(List<int[]> texts, int paddingId, int least) {
    if (texts.isEmpty()) {
      throw new SaccadeException("there is no text in the batch; give at least one");
    }
    int longest = texts.stream().mapToInt(text -> text.length).max().orElseThrow();
    int positions = Math.max(longest, least);
    int[] ids = new int[Math.multiplyExact(texts.size(), positions)];
    boolean[] real = new boolean[ids.length];
    Arrays.fill(ids, paddingId);
    for (int b = 0; b < texts.size(); b++) {
      int[] text = texts.get(b);
      if (text.length == 0) {
        throw new SaccadeException(
            "every text must have a token, but text %d has none".formatted(b));
      }
      System.arraycopy(text, 0, ids, b * positions, text.length);
      Arrays.fill(real, b * positions, b * positions + text.length, true);
    }
    return new TokenBatch(texts.size(), positions, ids, real, new int[ids.length]);
  }

  /**
   * Sequences that are padded already, at either end.
   *
   * @param ids {@code [B][T]}
   * @param mask {@code [B][T]}, zero for padding
   * @throws SaccadeException if the rows are not of one length, or a row is nothing but padding
   */
  public static TokenBatch padded(int[][] ids, int[][] mask) {
    int positions = ids.length == 0 ? 0 : ids[0].length;
    int[] flat = flat("ids", ids, ids.length, positions);
    int[] visible = flat("mask", mask, ids.length, positions);
    boolean[] real = new boolean[flat.length];
    for (int i = 0; i < flat.length; i++) {
      real[i] = visible[i] != 0;
    }
    TokenBatch batch = new TokenBatch(ids.length, positions, flat, real, new int[flat.length]);
    for (int b = 0; b < ids.length; b++) {
      if (batch.length(b) == 0) {
        throw new SaccadeException("sequence %d of the batch is nothing but padding".formatted(b));
      }
    }
    return batch;
  }

  private static int[] flat(String name, int[][] rows, int sequences, int positions) {
    if (positions == 0 || rows.length != sequences) {
      throw new SaccadeException(
          "%s must be [B, T] with at least one row and column, but has %d rows"
              .formatted(name, rows.length));
    }
    int[] flat = new int[Math.multiplyExact(sequences, positions)];
    for (int b = 0; b < sequences; b++) {
      if (rows[b].length != positions) {
        throw new SaccadeException(
            "every row of %s must have %d columns, but row %d has %d"
                .formatted(name, positions, b, rows[b].length));
      }
      System.arraycopy(rows[b], 0, flat, b * positions, positions);
    }
    return flat;
  }

  /**
   * The same tokens in segments, which BERT tells apart; without, all are of segment 0.
   *
   * @param segments {@code [B][T]}
   */
  public TokenBatch withTypes(int[][] segments) {
    return new TokenBatch(
        sequences, positions, ids, real, flat("types", segments, sequences, positions));
  }

  /** B. */
  public int sequences() {
    return sequences;
  }

  /** T. */
  public int positions() {
    return positions;
  }

  /** The token of a sequence at a position. */
  public int id(int sequence, int position) {
    return ids[at(sequence, position)];
  }

  /** The segment of a token. */
  public int type(int sequence, int position) {
    return types[at(sequence, position)];
  }

  /** Whether there is a token, not padding. */
  public boolean isReal(int sequence, int position) {
    return real[at(sequence, position)];
  }

  /** How many tokens of a sequence are real. */
  public int length(int sequence) {
    int length = 0;
    for (int t = 0; t < positions; t++) {
      length += isReal(sequence, t) ? 1 : 0;
    }
    return length;
  }

  /**
   * The labels of {@link Objective#NEXT_TOKEN}, {@code [B·T]} row-major: every real token that
   * follows another, at its own place, and {@link Objective#IGNORED} elsewhere.
   */
  public int[] nextTokens() {
    int[] labels = new int[ids.length];
    for (int i = 0; i < labels.length; i++) {
      boolean follows = i % positions > 0 && real[i] && real[i - 1];
      labels[i] = follows ? ids[i] : Objective.IGNORED;
    }
    return labels;
  }

  private int at(int sequence, int position) {
    if (sequence < 0 || sequence >= sequences || position < 0 || position >= positions) {
      throw new IndexOutOfBoundsException(
          "the batch is [%d, %d] but [%d, %d] was asked for"
              .formatted(sequences, positions, sequence, position));
    }
    return sequence * positions + position;
  }

  /**
   * @throws SaccadeException if a sequence is longer than a model admits, or an id is no token of
   *     it
   */
  void requireFits(int maximumPositions, int vocabularySize) {
    if (positions > maximumPositions) {
      int longest = 0;
      for (int b = 1; b < sequences; b++) {
        longest = length(b) > length(longest) ? b : longest;
      }
      throw new SaccadeException(
          "every text must have 1 to %d tokens, the positions of this model, but text %d has %d"
              .formatted(maximumPositions, longest, positions));
    }
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabularySize) {
        throw new SaccadeException(
            "every token must be from 0 to %d, the vocabulary of this model, but token %d of text %d is %d"
                .formatted(vocabularySize - 1, i % positions, i / positions, ids[i]));
      }
    }
  }
}
