package dev.saccade.plugins.baselines;

import java.util.Arrays;

/**
 * Softmax over logits that come a few at a time, and the mix of values by it.
 *
 * <p>After each portion: greatest m = max x, sum l = Σ exp(x − m), mixed o = Σ exp(x − m)·v over
 * all keys so far. When m grows to m′, l and o shrink by exp(m − m′).
 */
final class OnlineSoftmax {

  private final double[] mixed;
  private double greatest = Double.NEGATIVE_INFINITY;
  private double sum;

  OnlineSoftmax(int headSize) {
    this.mixed = new double[headSize];
  }

  /**
   * Turns the next logits into weights; whoever calls adds the values, each times its weight, to
   * {@link #mixed}.
   *
   * @param logits the first {@code count} of these; −∞ where a key is not seen
   * @param greatestOfThese the greatest of them
   * @return whether any key is seen
   */
  boolean weigh(double[] logits, int count, double greatestOfThese) {
    if (greatestOfThese == Double.NEGATIVE_INFINITY) {
      return false;
    }
    if (!(greatestOfThese <= greatest)) {
      double shrink = Math.exp(greatest - greatestOfThese); // zero the first time
      sum *= shrink;
      for (int d = 0; d < mixed.length; d++) {
        mixed[d] *= shrink;
      }
      greatest = greatestOfThese;
    }
    for (int j = 0; j < count; j++) {
      logits[j] = Math.exp(logits[j] - greatest);
      sum += logits[j];
    }
    return true;
  }

  /** The greatest of the first so many logits; NaN if one is, to be seen in the result. */
  static double greatest(double[] logits, int count) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < count; j++) {
      greatest = Math.max(greatest, logits[j]);
    }
    return greatest;
  }

  /** {@code [D]}; values weighed relative to the greatest logit so far. */
  double[] mixed() {
    return mixed;
  }

  /**
   * Divides {@link #mixed} by the sum, and returns the sum's logarithm. A query that saw no key
   * mixes to zero.
   */
  double finish() {
    if (sum == 0) {
      Arrays.fill(mixed, 0);
      return Double.NEGATIVE_INFINITY;
    }
    for (int d = 0; d < mixed.length; d++) {
      mixed[d] /= sum;
    }
    return greatest + Math.log(sum);
  }
}
