package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a training run does, apart from model and data.
 *
 * @param steps how often parameters are changed, at least 1
 * @param accumulation batches a step, at least 1
 * @param seed where everything random comes from
 * @param rate the learning rate of every step
 * @param optimizer how a step is taken
 * @param clip the longest gradient, of all parameters together, that is taken as it is; longer ones
 *     are shortened to it. 0 for any
 * @param divergence training stops when the running mean of the loss is above so many times its
 *     lowest; 0 for never. See {@link LossTrend}
 * @param rhythm what happens every so many steps
 */
public record TrainSettings(
    int steps,
    int accumulation,
    long seed,
    LearningRate rate,
    AdamWSettings optimizer,
    double clip,
    double divergence,
    Rhythm rhythm) {

  public TrainSettings {
    if (steps < 1) {
      throw new SaccadeException("steps must be at least 1 but is " + steps);
    }
    if (accumulation < 1) {
      throw new SaccadeException(
          "accumulation must be at least 1 batch a step but is " + accumulation);
    }
    if (!(clip >= 0) || Double.isInfinite(clip)) {
      throw new SaccadeException(
          "clip must be the length of a gradient, or 0 for any, but is " + clip);
    }
    if (!(divergence == 0 || divergence > 1) || Double.isInfinite(divergence)) {
      throw new SaccadeException(
          "divergence must be a factor above 1, or 0 for never, but is " + divergence);
    }
    if (rate.warmup() > steps) {
      throw new SaccadeException(
          "warm-up must end with the training, which has %d steps, but takes %d"
              .formatted(steps, rate.warmup()));
    }
  }

  /** Warm-up over a hundredth of the steps, then half a wave; gradients are clipped at 1. */
  public static TrainSettings defaults(int steps, double learningRate) {
    return new TrainSettings(
        steps,
        1,
        42,
        LearningRate.cosine(learningRate, steps / 100),
        AdamWSettings.defaults(),
        1,
        2,
        new Rhythm(Math.max(1, steps / 20), Math.max(1, steps / 20), 1));
  }

  public TrainSettings withAccumulation(int accumulation) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withSeed(long seed) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withRate(LearningRate rate) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withOptimizer(AdamWSettings optimizer) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withClip(double clip) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withDivergence(double divergence) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  public TrainSettings withRhythm(Rhythm rhythm) {
    return new TrainSettings(steps, accumulation, seed, rate, optimizer, clip, divergence, rhythm);
  }

  /** Returns by name what decides the parameters' values, and so must not change in a run. */
  Map<String, String> decisive() {
    Map<String, String> facts = new LinkedHashMap<>();
    if (rate.dependsOnSteps()) {
      facts.put("steps", String.valueOf(steps));
    }
    facts.put("accumulation", String.valueOf(accumulation));
    facts.put("seed", String.valueOf(seed));
    facts.put("learning rate", String.valueOf(rate.peak()));
    facts.put("schedule", String.valueOf(rate.shape()));
    facts.put("warm-up", String.valueOf(rate.warmup()));
    facts.put("floor", String.valueOf(rate.floor()));
    facts.put("beta1", String.valueOf(optimizer.beta1()));
    facts.put("beta2", String.valueOf(optimizer.beta2()));
    facts.put("epsilon", String.valueOf(optimizer.epsilon()));
    facts.put("weight decay", String.valueOf(optimizer.weightDecay()));
    facts.put("rate factors", String.valueOf(optimizer.rateFactors()));
    facts.put("clip", String.valueOf(clip));
    return facts;
  }
}
