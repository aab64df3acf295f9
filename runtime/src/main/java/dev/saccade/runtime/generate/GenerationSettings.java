package dev.saccade.runtime.generate;

import dev.saccade.runtime.SaccadeException;
import java.util.List;

/**
 * How texts are continued.
 *
 * @param sampling how each token is chosen
 * @param maximumTokens the most tokens that are written; at least 1
 * @param stops strings that end the text, and are not part of it; none is empty
 * @param beyond what happens to a text that is longer than the model's positions
 */
public record GenerationSettings(
    Sampling sampling, int maximumTokens, List<String> stops, Beyond beyond) {

  /** What happens to a text that is longer than the model's positions. */
  public enum Beyond {
    /** It is refused before anything is written. */
    REFUSE,
    /**
     * Of a prompt the end is read; when the positions are full, the oldest half is forgotten and
     * the rest is read anew.
     */
    SLIDE
  }

  public GenerationSettings {
    stops = List.copyOf(stops);
    if (maximumTokens < 1) {
      throw new SaccadeException(
          "there must be at least 1 token to write, but the most is " + maximumTokens);
    }
    if (stops.contains("")) {
      throw new SaccadeException("a stop string must have a character, but one is empty");
    }
  }

  /** So many tokens at most, and refused beyond the model's positions. */
  public static GenerationSettings of(Sampling sampling, int maximumTokens) {
    return new GenerationSettings(sampling, maximumTokens, List.of(), Beyond.REFUSE);
  }

  /** The same, but any of these strings ends a text. */
  public GenerationSettings withStops(String... strings) {
    return new GenerationSettings(sampling, maximumTokens, List.of(strings), beyond);
  }

  /** The same with another answer to texts that are too long. */
  public GenerationSettings withBeyond(Beyond other) {
    return new GenerationSettings(sampling, maximumTokens, stops, other);
  }
}
