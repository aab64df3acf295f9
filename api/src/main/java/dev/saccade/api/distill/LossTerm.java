package dev.saccade.api.distill;

import org.nd4j.autodiff.samediff.SDVariable;

/**
 * One addend of a loss, reported by name.
 *
 * @param name such as {@code "kl-estimate"}
 * @param value a scalar, before its weight
 * @param weight what it is multiplied with in the sum
 */
public record LossTerm(String name, SDVariable value, double weight) {

  public LossTerm {
    if (!(weight >= 0)) {
      throw new IllegalArgumentException(
          "the weight of loss term %s must be at least 0 but is %s".formatted(name, weight));
    }
  }
}
