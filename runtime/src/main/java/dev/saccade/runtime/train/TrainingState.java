package dev.saccade.runtime.train;

import org.jspecify.annotations.Nullable;

/**
 * How far a run has come: everything that goes on from step to step but parameters and moments.
 *
 * <p>The position in the data and all seeds follow from the number of steps.
 *
 * @param step how many steps were taken
 * @param evaluatedAt the step of the last evaluation; 0 for none
 * @param best the lowest validation loss; null before the first evaluation
 * @param bestStep where it was measured; 0 for none
 * @param trend of the training loss
 */
record TrainingState(
    long step, long evaluatedAt, @Nullable Double best, long bestStep, LossTrend trend) {

  static final TrainingState START = new TrainingState(0, 0, null, 0, LossTrend.NONE);

  TrainingState afterStep(double loss) {
    return new TrainingState(step + 1, evaluatedAt, best, bestStep, trend.plus(loss));
  }

  boolean isBest(double loss) {
    return best == null || loss < best;
  }

  TrainingState afterEvaluation(double loss) {
    return isBest(loss)
        ? new TrainingState(step, step, loss, step, trend)
        : new TrainingState(step, step, best, bestStep, trend);
  }
}
