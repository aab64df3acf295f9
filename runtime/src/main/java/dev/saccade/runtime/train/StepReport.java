package dev.saccade.runtime.train;

import java.util.Map;

/**
 * What a step did.
 *
 * @param step its number, from 1
 * @param steps of the whole run
 * @param epoch that its last batch was of, from 0
 * @param loss before the step, the mean over positions
 * @param terms that the loss is the sum of
 * @param rate of learning, for groups with factor 1
 * @param gradientNorm before clipping
 * @param positions learned from
 * @param seconds it took
 * @param peakBytes the most memory that computing gradients took at once
 */
public record StepReport(
    long step,
    long steps,
    int epoch,
    double loss,
    Map<String, Double> terms,
    double rate,
    double gradientNorm,
    long positions,
    double seconds,
    long peakBytes) {

  /** Returns how many positions, such as tokens, a second was enough for. */
  public double positionsPerSecond() {
    return positions / seconds;
  }
}
