package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.text.Windows;
import org.jspecify.annotations.Nullable;

/**
 * How perplexity is measured.
 *
 * @param context tokens of a window, at least 2 and at most the model's positions
 * @param stride tokens from one window to the next, less than {@code context}, so that every token
 *     has some before it and all count; null for windows apart, whose first tokens do not count
 * @param documents whether each is read by itself, or all as one text
 * @param resamples how often documents or stretches are drawn anew for the confidence interval; at
 *     least 100
 * @param seed what they are drawn from
 */
public record PerplexitySettings(
    int context, @Nullable Integer stride, Documents documents, int resamples, long seed) {

  private static final int LEAST_RESAMPLES = 100;

  public PerplexitySettings {
    if (resamples < LEAST_RESAMPLES) {
      throw new SaccadeException(
          "texts must be resampled at least %d times, but were to be %d times"
              .formatted(LEAST_RESAMPLES, resamples));
    }
    // Refuses what cannot be before anything is computed.
    windows(context, stride, 2);
  }

  /** The windows of a text of so many tokens, at least 2. */
  Windows windows(int tokens) {
    return windows(context, stride, tokens);
  }

  private static Windows windows(int context, @Nullable Integer stride, int tokens) {
    return stride == null
        ? Windows.apart(tokens, context)
        : Windows.strided(tokens, context, stride);
  }
}
