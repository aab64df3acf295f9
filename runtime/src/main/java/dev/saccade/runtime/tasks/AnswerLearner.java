package dev.saccade.runtime.tasks;

import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.train.BatchGradients;
import dev.saccade.runtime.train.LossSum;
import dev.saccade.runtime.train.Trainable;
import dev.saccade.runtime.train.TrainedParameter;
import dev.saccade.runtime.train.language.LanguageLearner;
import dev.saccade.runtime.train.language.LanguageLearner.Start;
import java.util.List;
import java.util.Map;

/**
 * A causal language model from scratch that learns the answers of a task and nothing of what lies
 * between them. For one thread.
 */
final class AnswerLearner implements Trainable<ExampleBatch>, AutoCloseable {

  private final LanguageLearner learner;

  /**
   * @param model stays the caller's, and open as long as this is
   */
  AnswerLearner(CausalModel model) {
    this.learner = new LanguageLearner(model, Start.SCRATCH);
  }

  @Override
  public List<TrainedParameter> parameters() {
    return learner.parameters();
  }

  @Override
  public Map<String, String> traits() {
    return learner.traits();
  }

  @Override
  public void reach(long step) {
    learner.reach(step);
  }

  @Override
  public BatchGradients step(ExampleBatch batch, long seed) {
    return learner.step(batch.tokens(), batch.labels());
  }

  @Override
  public LossSum evaluate(ExampleBatch batch) {
    return learner.evaluate(batch.tokens(), batch.labels());
  }

  @Override
  public void close() {
    learner.close();
  }
}
