package dev.saccade.runtime.train;

/**
 * Loss summed up over positions, so that batches of different sizes can be added.
 *
 * @param sum of the losses
 * @param count of positions
 */
public record LossSum(double sum, long count) {

  static final LossSum NONE = new LossSum(0, 0);

  LossSum plus(LossSum other) {
    return new LossSum(sum + other.sum, count + other.count);
  }

  /** Returns the loss of a position; NaN when there is none. */
  public double mean() {
    return sum / count;
  }
}
