package dev.saccade.runtime.generate;

import dev.saccade.runtime.model.CausalDecoding;
import dev.saccade.runtime.model.CausalModel;
import java.util.Arrays;
import java.util.List;

/** One text within a model's positions, read bit by bit. For one thread. */
interface Continuation extends AutoCloseable {

  /**
   * Reads the next tokens.
   *
   * @return what the model expects after the last of them, V numbers before the softmax
   */
  float[] read(int... tokens);

  @Override
  void close();

  /**
   * Begins a text: from caches where all mechanisms decode, else by computing all of it again at
   * every step.
   *
   * @param capacity the most tokens that will be read
   */
  static Continuation open(CausalModel model, int capacity) {
    return model.decodes() ? new Cached(model.decode(capacity)) : new Recomputed(model, capacity);
  }

  /** Every token is computed once. */
  record Cached(CausalDecoding decoding) implements Continuation {

    @Override
    public float[] read(int... tokens) {
      return decoding.prefill(tokens);
    }

    @Override
    public void close() {
      decoding.close();
    }
  }

  /** The whole text is computed for every token. */
  final class Recomputed implements Continuation {

    private final CausalModel model;
    private final int capacity;
    private int[] text = {};

    Recomputed(CausalModel model, int capacity) {
      this.model = model;
      this.capacity = capacity;
    }

    @Override
    public float[] read(int... tokens) {
      int read = text.length;
      text = Arrays.copyOf(text, read + tokens.length);
      System.arraycopy(tokens, 0, text, read, tokens.length);
      return model.logits(model.batch(List.of(text), capacity)).at(0, text.length - 1);
    }

    @Override
    public void close() {
      // Nothing is kept but numbers on the heap.
    }
  }
}
