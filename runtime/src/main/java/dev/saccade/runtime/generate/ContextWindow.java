package dev.saccade.runtime.generate;

import dev.saccade.runtime.model.CausalModel;
import java.util.Arrays;

/**
 * What a model sees of a text of any length: the end of it. When its positions are full, the oldest
 * half is forgotten and the rest is read anew, because learned positions cannot be moved.
 *
 * <p>For one text and one thread.
 */
final class ContextWindow implements AutoCloseable {

  private final CausalModel model;
  private final int[] tokens;
  private int length;
  private int slides;
  private Continuation continuation;

  /**
   * @param capacity the most tokens that are seen at once; at most the model's positions
   */
  ContextWindow(CausalModel model, int capacity) {
    this.model = model;
    this.tokens = new int[capacity];
    this.continuation = Continuation.open(model, capacity);
  }

  /** Reads tokens that come next, and returns what the model expects after the last of them. */
  float[] read(int... next) {
    if (length + next.length <= tokens.length) {
      System.arraycopy(next, 0, tokens, length, next.length);
      length += next.length;
      return continuation.read(next);
    }
    int[] all = Arrays.copyOf(tokens, length + next.length);
    System.arraycopy(next, 0, all, length, next.length);
    // Nothing of a prompt is forgotten that could be read; a full window makes room for many steps.
    int room = length == 0 ? 0 : Math.max(1, tokens.length / 2);
    int dropped = Math.max(all.length - tokens.length, room);
    slides += length == 0 ? 0 : 1;
    length = 0;
    continuation.close();
    continuation = Continuation.open(model, tokens.length);
    return read(Arrays.copyOfRange(all, dropped, all.length));
  }

  /** How often the oldest half was forgotten. */
  int slides() {
    return slides;
  }

  @Override
  public void close() {
    continuation.close();
  }
}
