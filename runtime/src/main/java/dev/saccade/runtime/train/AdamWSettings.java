package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.util.Map;
import java.util.TreeMap;

/**
 * How {@link AdamW} takes its steps.
 *
 * @param beta1 how much of the running mean of gradients stays at a step, within 0 … 1
 * @param beta2 the same for the running mean of their squares
 * @param epsilon added to the root of the squares, above 0
 * @param weightDecay what a parameter that decays loses at a step, times the learning rate
 * @param rateFactors by group of parameters, what the learning rate is multiplied with; 1 for
 *     groups that are not named
 */
public record AdamWSettings(
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    Map<String, Double> rateFactors) {

  public AdamWSettings {
    requireFraction("beta1", beta1);
    requireFraction("beta2", beta2);
    if (!(epsilon > 0) || Double.isInfinite(epsilon)) {
      throw new SaccadeException("epsilon must be above 0 but is " + epsilon);
    }
    if (!(weightDecay >= 0) || Double.isInfinite(weightDecay)) {
      throw new SaccadeException("weight decay must be 0 or more but is " + weightDecay);
    }
    rateFactors = new TreeMap<>(rateFactors);
    rateFactors.forEach(
        (group, factor) -> {
          if (!(factor >= 0) || factor.isInfinite()) {
            throw new SaccadeException(
                "the learning rate's factor of group %s must be 0 or more but is %s"
                    .formatted(group, factor));
          }
        });
  }

  /**
   * Those of GPT-3 and OPT, with ten times the learning rate for what is new, as SEA's paper has.
   */
  public static AdamWSettings defaults() {
    return new AdamWSettings(0.9, 0.95, 1e-8, 0.1, Map.of(TrainedParameter.NEW, 10.0));
  }

  /** Returns these with another factor for a group. */
  public AdamWSettings withRateFactor(String group, double factor) {
    Map<String, Double> factors = new TreeMap<>(rateFactors);
    factors.put(group, factor);
    return new AdamWSettings(beta1, beta2, epsilon, weightDecay, factors);
  }

  double rateFactor(String group) {
    return rateFactors.getOrDefault(group, 1.0);
  }

  private static void requireFraction(String what, double value) {
    if (!(value >= 0 && value < 1)) {
      throw new SaccadeException("%s must be from 0 to below 1 but is %s".formatted(what, value));
    }
  }
}
