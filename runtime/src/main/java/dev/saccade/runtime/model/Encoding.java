package dev.saccade.runtime.model;

import dev.saccade.runtime.tokenize.TokenSequence;
import java.util.Arrays;
import java.util.List;

/** What an encoder made of a batch of texts: one vector for every token. Immutable, on the heap. */
public final class Encoding {

  private final List<TokenSequence> tokens;
  private final int positions;
  private final int hiddenSize;
  private final float[] hidden;
  private final long peakBytes;

  /**
   * @param positions T, the length that the batch was padded to
   * @param hidden {@code [B, T, hiddenSize]}, taken over
   */
  Encoding(
      List<TokenSequence> tokens, int positions, int hiddenSize, float[] hidden, long peakBytes) {
    this.tokens = List.copyOf(tokens);
    this.positions = positions;
    this.hiddenSize = hiddenSize;
    this.hidden = hidden;
    this.peakBytes = peakBytes;
  }

  /** The tokens of each text, special tokens included. */
  public List<TokenSequence> tokens() {
    return tokens;
  }

  /** The features of one token. */
  public int hiddenSize() {
    return hiddenSize;
  }

  /** The most native memory that the run held at once, in bytes, weights and inputs aside. */
  public long peakBytes() {
    return peakBytes;
  }

  /** The last hidden state of one token, of length {@link #hiddenSize}; a copy. */
  public float[] hidden(int text, int position) {
    int length = tokens.get(text).length();
    if (position < 0 || position >= length) {
      throw new IndexOutOfBoundsException(
          "text %d has positions 0 … %d but %d was asked for"
              .formatted(text, length - 1, position));
    }
    int from = (text * positions + position) * hiddenSize;
    return Arrays.copyOfRange(hidden, from, from + hiddenSize);
  }

  /**
   * A vector for the whole text, of length one: the mean over its tokens, normalised. The inner
   * product of two is the cosine of their angle, a measure of how alike the texts are.
   */
  public float[] sentence(int text) {
    int length = tokens.get(text).length();
    double[] sum = new double[hiddenSize];
    for (int position = 0; position < length; position++) {
      int from = (text * positions + position) * hiddenSize;
      for (int i = 0; i < hiddenSize; i++) {
        sum[i] += hidden[from + i];
      }
    }
    double norm = Math.sqrt(Arrays.stream(sum).map(x -> x * x).sum());
    float[] sentence = new float[hiddenSize];
    for (int i = 0; i < hiddenSize; i++) {
      sentence[i] = (float) (sum[i] / norm);
    }
    return sentence;
  }
}
