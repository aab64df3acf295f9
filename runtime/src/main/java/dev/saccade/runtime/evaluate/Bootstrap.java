package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How far a perplexity might be off because there were these texts and not others: the percentile
 * bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13). Documents, not tokens, are drawn
 * with replacement, because the tokens of one document are alike; of a text in one piece, stretches
 * that do not overlap (Carlstein 1986).
 *
 * @param resamples how often as many samples are drawn as there are
 * @param seed what they are drawn from; the same seed gives the same interval
 * @param confidence between 0 and 1, such as 0.95
 */
record Bootstrap(int resamples, long seed, double confidence) {

  /**
   * The interval of the perplexity of all samples together.
   *
   * @param samples at least 2
   */
  Interval perplexity(List<? extends Sample> samples) {
    if (samples.size() < 2) {
      throw new SaccadeException("an interval needs 2 samples to draw from, not " + samples.size());
    }
    Random random = new Random(seed);
    double[] perplexities = new double[resamples];
    for (int i = 0; i < resamples; i++) {
      double nats = 0;
      long scored = 0;
      for (int drawn = 0; drawn < samples.size(); drawn++) {
        Sample sample = samples.get(random.nextInt(samples.size()));
        nats += sample.nats();
        scored += sample.scored();
      }
      perplexities[i] = Math.exp(nats / scored);
    }
    Arrays.sort(perplexities);
    double tail = (1 - confidence) / 2;
    return new Interval(quantile(perplexities, tail), quantile(perplexities, 1 - tail));
  }

  private static double quantile(double[] sorted, double q) {
    double place = q * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
