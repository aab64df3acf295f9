package dev.saccade.runtime.generate;

import java.util.List;

/**
 * What a model wrote after a prompt.
 *
 * @param text without the prompt, and without the stop string that ended it
 * @param promptTokens tokens of the prompt, the one before every text included
 * @param tokens as they were chosen; those of a stop string included, the end token not
 * @param ending why there is no more
 * @param slides how often the oldest half was forgotten; see {@link
 *     GenerationSettings.Beyond#SLIDE}
 */
public record GeneratedText(
    String text, int promptTokens, List<Integer> tokens, Ending ending, int slides) {

  /** Why a text ended. */
  public enum Ending {
    /** The model chose the token that ends a text. */
    END_TOKEN,
    /** A stop string was written. */
    STOP_STRING,
    /** It has as many tokens as were asked for. */
    LENGTH,
    /** Somebody interrupted it. */
    INTERRUPTED
  }

  public GeneratedText {
    tokens = List.copyOf(tokens);
  }
}
