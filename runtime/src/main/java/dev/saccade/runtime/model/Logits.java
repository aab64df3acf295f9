package dev.saccade.runtime.model;

import java.util.Arrays;

/**
 * How likely a head takes each of V tokens or classes to be, at every position of a batch: numbers
 * before the softmax. On the heap, row-major; not changed after it was made.
 */
public final class Logits {

  private final int sequences;
  private final int positions;
  private final float[] values;

  private Logits(int sequences, int positions, float[] values) {
    this.sequences = sequences;
    this.positions = positions;
    this.values = values;
  }

  /**
   * @param positions of a sequence that the head speaks of
   * @param values {@code [B, positions, V]}, taken over
   */
  static Logits of(TokenBatch batch, int positions, float[] values) {
    return new Logits(batch.sequences(), positions, values);
  }

  /** B. */
  public int sequences() {
    return sequences;
  }

  /** How many positions of a sequence there are, padding included. */
  public int positions() {
    return positions;
  }

  /** V, the tokens or classes. */
  public int choices() {
    return values.length / (sequences * positions);
  }

  /** All numbers, {@code [B, positions, V]}; not copied, so do not change them. */
  public float[] values() {
    return values;
  }

  /** Those of one position; a copy. */
  public float[] at(int sequence, int position) {
    if (sequence < 0 || sequence >= sequences || position < 0 || position >= positions) {
      throw new IndexOutOfBoundsException(
          "there are logits of [%d, %d] but [%d, %d] was asked for"
              .formatted(sequences, positions, sequence, position));
    }
    int from = (sequence * positions + position) * choices();
    return Arrays.copyOfRange(values, from, from + choices());
  }
}
