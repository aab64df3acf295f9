package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Copying: a separator, a word of random symbols, the separator and the word again, {@code 0w0w};
 * all symbols of the second word are to be expected (Kitaev, Kaiser and Levskaya, Reformer, 2020,
 * section 5; Katharopoulos et al., Transformers are RNNs, 2020, section 4.1).
 *
 * @param vocabularySize V: the separator 0 and V − 1 symbols, at least 2
 * @param length T = 2·(word + 1), even and at least 4
 */
public record Copying(int vocabularySize, int length) implements SyntheticTask {

  private static final int SEPARATOR = 0;

  public Copying {
    if (vocabularySize < 3) {
      throw new SaccadeException(
          "the vocabulary must be at least 3, the separator and 2 symbols, but is "
              + vocabularySize);
    }
    if (length < 4 || length % 2 != 0) {
      throw new SaccadeException(
          "the length must be even and at least 4, for a separator and a word twice, but is "
              + length);
    }
  }

  @Override
  public String name() {
    return "copy";
  }

  @Override
  public Map<String, Integer> settings() {
    Map<String, Integer> settings = new LinkedHashMap<>();
    settings.put("vocabulary", vocabularySize);
    settings.put("length", length);
    return settings;
  }

  @Override
  public int paddingId() {
    // Nothing is padded.
    return SEPARATOR;
  }

  @Override
  public Example draw(SplittableRandom random) {
    int half = length / 2;
    int[] tokens = new int[length];
    for (int i = 1; i < half; i++) {
      tokens[i] = random.nextInt(1, vocabularySize);
      tokens[half + i] = tokens[i];
    }
    return Example.endingIn(half - 1, tokens);
  }

  @Override
  public double chance() {
    return 1.0 / (vocabularySize - 1);
  }

  @Override
  public String guess() {
    return "any of the %d symbols".formatted(vocabularySize - 1);
  }

  @Override
  public List<PublishedResult> published() {
    return PublishedResults.COPYING;
  }
}
