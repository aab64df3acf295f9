package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.train.LearningRate;
import dev.saccade.runtime.train.Rhythm;
import dev.saccade.runtime.train.TrainSettings;
import dev.saccade.runtime.weights.OptConfig;

/**
 * How a task is learned and measured.
 *
 * @param steps of learning, at most
 * @param batch examples of a step
 * @param learningRate the highest
 * @param hidden C, features of a position
 * @param layers of the model
 * @param heads of a layer, which divide {@code hidden}
 * @param examples that are measured at the end
 * @param resamples how often examples are drawn anew for the confidence interval; at least 100
 * @param seed of parameters and examples
 */
public record TaskSettings(
    int steps,
    int batch,
    double learningRate,
    int hidden,
    int layers,
    int heads,
    int examples,
    int resamples,
    long seed) {

  private static final int FFN_FACTOR = 4;
  private static final int LEAST_RESAMPLES = 100;
  private static final int EVALUATIONS = 40;
  private static final int WARMUP_PART = 10;

  public TaskSettings {
    if (resamples < LEAST_RESAMPLES) {
      throw new SaccadeException(
          "examples must be resampled at least %d times, but were to be %d times"
              .formatted(LEAST_RESAMPLES, resamples));
    }
  }

  /** The model that learns: an OPT with learned positions, feed-forward 4 times as wide. */
  OptConfig model(SyntheticTask task) {
    int padding = task.paddingId();
    return OptConfig.of(
            task.vocabularySize(),
            hidden,
            layers,
            heads,
            Math.multiplyExact(FFN_FACTOR, hidden),
            task.length())
        .withTokens(padding, padding, padding);
  }

  /**
   * Refuses sizes that make no model for a task, and steps that are none, before anything is drawn.
   *
   * @throws SaccadeException if there is something to refuse
   */
  public void requireModelFor(SyntheticTask task) {
    model(task);
    training();
  }

  /** A tenth of the steps up, half a wave down to a tenth; a spike of the loss is no divergence. */
  TrainSettings training() {
    return TrainSettings.defaults(steps, learningRate)
        .withSeed(seed)
        .withRate(LearningRate.cosine(learningRate, steps / WARMUP_PART))
        .withDivergence(0)
        .withRhythm(new Rhythm(Math.max(1, steps / EVALUATIONS), 0, 1));
  }
}
