package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.model.Objective;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Multi-query associative recall, MQAR: pairs of a key and a value, then every key once more among
 * random tokens, at which its value is to be expected.
 *
 * <p>Keys are distinct and from 1 to V/2 − 1, values distinct and from V/2 to V − 1. The T −
 * 2·pairs places after the pairs are taken in twos; key after key takes a free one, the n-th of
 * them with a probability in proportion to n^(a − 1), a = 0.01, and stands first in it. All other
 * places hold random tokens, the one after a key too: its value is not in the sequence again. This
 * is the published generator's recipe (Arora, Eyuboglu et al., Zoology, 2023, appendix; {@code
 * zoology/data/multiquery_ar.py} with random non-queries).
 *
 * @param vocabularySize V, more than {@code length}
 * @param length T, even and at least 4 times {@code pairs}
 * @param pairs of a key and a value; each is asked for once
 */
public record AssociativeRecall(int vocabularySize, int length, int pairs)
    implements SyntheticTask {

  /** a: below 1 near queries are likelier; the published generator's. */
  static final double POWER = 0.01;

  public AssociativeRecall {
    if (pairs < 1) {
      throw new SaccadeException("pairs must be at least 1 but is " + pairs);
    }
    if (length % 2 != 0 || length < 4 * (long) pairs) {
      throw new SaccadeException(
          "the length must be even and at least 4 times the pairs, for a pair and a query each: length=%d, pairs=%d"
              .formatted(length, pairs));
    }
    if (vocabularySize <= length) {
      throw new SaccadeException(
          "the vocabulary must be larger than the length: vocabulary=%d, length=%d"
              .formatted(vocabularySize, length));
    }
  }

  @Override
  public String name() {
    return "mqar";
  }

  @Override
  public Map<String, Integer> settings() {
    Map<String, Integer> settings = new LinkedHashMap<>();
    settings.put("vocabulary", vocabularySize);
    settings.put("length", length);
    settings.put("pairs", pairs);
    return settings;
  }

  @Override
  public int paddingId() {
    // Nothing is padded.
    return 0;
  }

  @Override
  public Example draw(SplittableRandom random) {
    int half = vocabularySize / 2;
    int[] keys = Draws.distinct(random, 1, half, pairs);
    int[] values = Draws.distinct(random, half, vocabularySize, pairs);
    int[] tokens = random.ints(length, 0, vocabularySize).toArray();
    int[] labels = new int[length];
    Arrays.fill(labels, Objective.IGNORED);
    int[] places = places(random);
    for (int pair = 0; pair < pairs; pair++) {
      tokens[2 * pair] = keys[pair];
      tokens[2 * pair + 1] = values[pair];
      int query = 2 * (pairs + places[pair]);
      tokens[query] = keys[pair];
      labels[query + 1] = values[pair];
    }
    return Example.of(tokens, labels);
  }

  /** For each pair, in which two places after the pairs its query is. */
  private int[] places(SplittableRandom random) {
    double[] weights =
        IntStream.rangeClosed(1, length / 2 - pairs)
            .mapToDouble(n -> Math.pow(n, POWER - 1))
            .toArray();
    int[] places = new int[pairs];
    for (int pair = 0; pair < pairs; pair++) {
      places[pair] = Draws.weighted(random, weights);
      weights[places[pair]] = 0;
    }
    return places;
  }

  @Override
  public double chance() {
    return 1.0 / pairs;
  }

  @Override
  public String guess() {
    return "any of the %d values in the sequence".formatted(pairs);
  }

  @Override
  public List<PublishedResult> published() {
    return PublishedResults.ASSOCIATIVE_RECALL;
  }
}
