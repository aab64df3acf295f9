package dev.saccade.runtime.generate;

import dev.saccade.runtime.SaccadeException;

/**
 * How the next token is chosen among those that a model takes for likely. Applied in this order, as
 * Hugging Face does: repetition penalty, temperature, top-k, top-p.
 *
 * @param temperature what logits are divided by; below 1 the likely becomes likelier; 0 is greedy:
 *     always the likeliest token, of equally likely ones the one with the lowest id
 * @param topK draw from so many of the likeliest tokens; 0 for all
 * @param topP draw from the smallest set of the likeliest tokens that together have this
 *     probability: the nucleus (Holtzman et al. 2020, section 3.1); 1 for all
 * @param repetitionPenalty what the logit of a token that the text has already, prompt included, is
 *     divided by where it is positive and multiplied with where it is negative (Keskar et al. 2019,
 *     section 4.1); 1 for none
 * @param seed another seed, another text; greedy choice draws nothing
 */
public record Sampling(
    double temperature, int topK, double topP, double repetitionPenalty, long seed) {

  /** Always the likeliest token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 1, 0);

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new SaccadeException(
          "the temperature must be 0 (greedy) or more, but is " + temperature);
    }
    if (topK < 0) {
      throw new SaccadeException("top-k must be at least 1, or 0 for all tokens, but is " + topK);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new SaccadeException("top-p must be above 0 and at most 1, but is " + topP);
    }
    if (!(repetitionPenalty > 0) || Double.isInfinite(repetitionPenalty)) {
      throw new SaccadeException(
          "the repetition penalty must be above 0, with 1 for none, but is " + repetitionPenalty);
    }
  }

  /** Draws from the model's own distribution, divided by a temperature. */
  public static Sampling at(double temperature, long seed) {
    return new Sampling(temperature, 0, 1, 1, seed);
  }

  /** The same among so many of the likeliest tokens. */
  public Sampling withTopK(int tokens) {
    return new Sampling(temperature, tokens, topP, repetitionPenalty, seed);
  }

  /** The same from the nucleus of this probability. */
  public Sampling withTopP(double probability) {
    return new Sampling(temperature, topK, probability, repetitionPenalty, seed);
  }

  /** The same with another penalty on tokens that the text has already. */
  public Sampling withRepetitionPenalty(double penalty) {
    return new Sampling(temperature, topK, topP, penalty, seed);
  }

  /** Whether the likeliest token is always chosen. */
  public boolean isGreedy() {
    return temperature == 0;
  }
}
