package dev.saccade.runtime.tasks.passkey;

import dev.saccade.runtime.SaccadeException;
import java.util.List;

/**
 * How passkey retrieval is measured.
 *
 * @param fillers characters of filler of a prompt; each gives a row of results
 * @param prompts drawn for each
 * @param rivals other numbers that a key is compared with
 * @param resamples how often prompts are drawn anew for the confidence interval; at least 100
 * @param seed of the prompts
 */
public record PasskeySettings(
    List<Integer> fillers, int prompts, int rivals, int resamples, long seed) {

  /** With the key they are ten. */
  public static final int RIVALS = 9;

  private static final int MOST_FILLER = 10_000_000;
  private static final int MOST_RIVALS = 99;
  private static final int LEAST_RESAMPLES = 100;

  public PasskeySettings {
    fillers = List.copyOf(fillers);
    for (int filler : fillers) {
      if (filler < 0 || filler > MOST_FILLER) {
        throw new SaccadeException(
            "filler must be from 0 to %,d characters but is %,d".formatted(MOST_FILLER, filler));
      }
    }
    if (fillers.isEmpty() || prompts < 2) {
      throw new SaccadeException(
          "there must be at least 2 prompts for at least one length of filler, but there are %d for %d"
              .formatted(prompts, fillers.size()));
    }
    if (rivals < 1 || rivals > MOST_RIVALS) {
      throw new SaccadeException(
          "a key must be compared with 1 to %d others, not %d".formatted(MOST_RIVALS, rivals));
    }
    if (resamples < LEAST_RESAMPLES) {
      throw new SaccadeException(
          "prompts must be resampled at least %d times, but were to be %d times"
              .formatted(LEAST_RESAMPLES, resamples));
    }
  }
}
