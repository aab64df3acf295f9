package dev.saccade.runtime.generate;

/**
 * How long texts took; add up those of several.
 *
 * @param readTokens tokens of prompts
 * @param readSeconds until the first token could be chosen
 * @param writtenTokens tokens that were chosen after the first, each of which took a step
 * @param writtenSeconds the time of these steps
 */
public record GenerationSpeed(
    long readTokens, double readSeconds, long writtenTokens, double writtenSeconds) {

  /** Nothing was done yet. */
  public static final GenerationSpeed NONE = new GenerationSpeed(0, 0, 0, 0);

  /** Both together. */
  public GenerationSpeed plus(GenerationSpeed other) {
    return new GenerationSpeed(
        readTokens + other.readTokens,
        readSeconds + other.readSeconds,
        writtenTokens + other.writtenTokens,
        writtenSeconds + other.writtenSeconds);
  }

  /** Tokens of prompts that were read in a second; 0 when there was none. */
  public double readPerSecond() {
    return readSeconds > 0 ? readTokens / readSeconds : 0;
  }

  /** Tokens that were written in a second, 0 when there was no step. */
  public double writtenPerSecond() {
    return writtenSeconds > 0 ? writtenTokens / writtenSeconds : 0;
  }
}
