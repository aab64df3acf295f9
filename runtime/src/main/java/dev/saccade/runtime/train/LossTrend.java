package dev.saccade.runtime.train;

import org.jspecify.annotations.Nullable;

/**
 * Where the loss is going: a running mean, and the lowest that it has been.
 *
 * <p>Training has diverged when the running mean is above a factor times the lowest one. A loss
 * near zero may well double by chance, so what the lowest counts for is never below a tenth of the
 * first loss.
 *
 * @param sum of the losses, each weighted by {@value #MEMORY} to the number of those after it
 * @param weight of all losses in the sum
 * @param lowest of the running means; null before the first loss
 * @param first loss; null before it
 */
record LossTrend(double sum, double weight, @Nullable Double lowest, @Nullable Double first) {

  /** The mean remembers about twenty steps. */
  static final double MEMORY = 0.95;

  private static final double LEAST_SHARE_OF_FIRST = 0.1;

  static final LossTrend NONE = new LossTrend(0, 0, null, null);

  LossTrend plus(double loss) {
    double newSum = MEMORY * sum + (1 - MEMORY) * loss;
    double newWeight = MEMORY * weight + (1 - MEMORY);
    double mean = newSum / newWeight;
    return new LossTrend(
        newSum,
        newWeight,
        lowest == null ? mean : Math.min(lowest, mean),
        first == null ? Double.valueOf(loss) : first);
  }

  /** Returns the running mean; NaN before the first loss. */
  double mean() {
    return sum / weight;
  }

  /** Returns what the running mean must not exceed. */
  double limit(double factor) {
    if (factor == 0 || lowest == null || first == null) {
      return Double.POSITIVE_INFINITY;
    }
    return factor * Math.max(lowest, LEAST_SHARE_OF_FIRST * first);
  }
}
