package dev.saccade.runtime.evaluate;

import java.util.List;

/**
 * What a model expects of texts: all that {@link Perplexity} asks of one, so that models of any
 * kind are measured on the very same tokens.
 */
public interface Foresight {

  /**
   * A text as the model reads it: the token that every text begins with, then those of the text.
   *
   * @throws dev.saccade.runtime.SaccadeException if the model does not know all tokens
   */
  int[] tokens(String text);

  /** The most tokens that the model sees at once. */
  int maximumContext();

  /** How many windows of this many tokens are best given at once; at least 1. */
  int windowsAtOnce(int context);

  /**
   * How surprised the model is by every next token: −log p in nats.
   *
   * @param windows of at least 2 tokens, in which the model sees nothing but what is before
   * @param context no window is longer
   * @return an array a window; entry t is about its token t + 1, and what follows the last of them
   *     means nothing
   */
  List<float[]> surprisals(List<int[]> windows, int context);
}
