package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How far a figure might be off because there were these texts and not others: the percentile
 * bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13). Documents, or examples of a task,
 * are drawn with replacement, not tokens, because the tokens of one are alike; of a text in one
 * piece, stretches that do not overlap (Carlstein 1986).
 *
 * @param resamples how often as many samples are drawn as there are
 * @param seed what they are drawn from; the same seed gives the same interval
 * @param confidence between 0 and 1, such as 0.95
 */
public record Bootstrap(int resamples, long seed, double confidence) {

  /**
   * The interval of the perplexity of all samples together.
   *
   * @param samples at least 2
   */
  Interval perplexity(List<? extends Sample> samples) {
    if (samples.size() < 2) {
      throw new SaccadeException("an interval needs 2 samples to draw from, not " + samples.size());
    }
    Interval nats =
        ratio(
            samples.stream().mapToDouble(Sample::nats).toArray(),
            samples.stream().mapToDouble(Sample::scored).toArray());
    return new Interval(Math.exp(nats.low()), Math.exp(nats.high()));
  }

  /**
   * The interval of a ratio of sums, such as right answers to questions.
   *
   * @param above what each drawn thing adds above the line
   * @param below what it adds below, as many and not all 0
   */
  public Interval ratio(double[] above, double[] below) {
    Random random = new Random(seed);
    double[] ratios = new double[resamples];
    for (int i = 0; i < resamples; i++) {
      double sumAbove = 0;
      double sumBelow = 0;
      for (int drawn = 0; drawn < above.length; drawn++) {
        int thing = random.nextInt(above.length);
        sumAbove += above[thing];
        sumBelow += below[thing];
      }
      ratios[i] = sumAbove / sumBelow;
    }
    Arrays.sort(ratios);
    double tail = (1 - confidence) / 2;
    return new Interval(quantile(ratios, tail), quantile(ratios, 1 - tail));
  }

  private static double quantile(double[] sorted, double q) {
    double place = q * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
