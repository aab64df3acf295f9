package dev.saccade.runtime.tasks;

import dev.saccade.runtime.evaluate.Bootstrap;
import dev.saccade.runtime.files.TemporaryDirectory;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.train.EvaluationReport;
import dev.saccade.runtime.train.StepReport;
import dev.saccade.runtime.train.StopRequest;
import dev.saccade.runtime.train.Trainer;
import dev.saccade.runtime.train.TrainingProgress;
import dev.saccade.runtime.train.TrainingResult;
import dev.saccade.runtime.weights.ModelWeights;
import dev.saccade.runtime.weights.PretrainedDecoder;
import java.util.Collections;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Puts mechanisms to a task: each fills all layers of a small causal model that begins with the
 * same numbers, learns from the same examples and is asked the same questions.
 */
public final class TaskTrial {

  /**
   * The loss at which a task is solved: an answer that is not likeliest has a probability of a half
   * or less and costs ln 2 or more, so at most one in a hundred is wrong.
   */
  static final double SOLVED_LOSS = 0.01 * Math.log(2);

  private static final String SOLVED = "solved";
  private static final double NANOS = 1e9;

  private final MechanismRegistry registry;
  private final TaskData data;
  private final TaskSettings settings;

  public TaskTrial(MechanismRegistry registry, TaskData data, TaskSettings settings) {
    this.registry = registry;
    this.data = data;
    this.settings = settings;
  }

  /**
   * Trains and measures one mechanism; checkpoints go to a temporary directory that is deleted.
   *
   * @return empty if it was stopped
   * @throws dev.saccade.runtime.SaccadeException if there is no such mechanism, it refuses the
   *     model, or the loss is no longer finite
   */
  public Optional<TaskResult> of(SlotChoice attention, Progress progress, StopRequest stop) {
    long begun = System.nanoTime();
    try (TemporaryDirectory run = new TemporaryDirectory("saccade-task-");
        PretrainedDecoder decoder =
            PretrainedDecoder.untrained(
                data.task().name(), run.path(), settings.model(data.task()), settings.seed());
        CausalModel model =
            new CausalModel(
                decoder,
                registry,
                Collections.nCopies(settings.layers(), attention),
                settings.seed())) {
      widen(decoder);
      TrainingResult trained = train(model, run, progress, stop);
      String ended = trained.stopped();
      if (ended != null && !ended.equals(SOLVED)) {
        return Optional.empty();
      }
      Answers answers = Answers.of(model, data.task(), data.test());
      return Optional.of(
          new TaskResult(
              attention.mechanism(),
              attention.options(),
              decoder.weights().count() + model.addedParameters(),
              model.addedParameters(),
              trained.step(),
              ended != null,
              trained.best() == null ? Double.NaN : trained.best(),
              answers.questions(),
              answers.accuracy(),
              answers.interval(
                  new Bootstrap(settings.resamples(), settings.seed(), TaskResult.CONFIDENCE)),
              answers.whole(),
              (System.nanoTime() - begun) / NANOS,
              model.withSlots(slots -> slots.get(0).kernels().uses())));
    }
  }

  /**
   * Weights that are drawn for models of hundreds of features leave so small a one flat for
   * thousands of steps: matrices and embeddings get the standard deviation 1/√C.
   */
  private void widen(PretrainedDecoder decoder) {
    double factor = 1 / (ModelWeights.INITIAL_DEVIATION * Math.sqrt(settings.hidden()));
    for (String name : decoder.weights().names()) {
      INDArray weights = decoder.weights().get(name);
      if (weights.rank() > 1) {
        weights.muli(factor);
      }
    }
  }

  private TrainingResult train(
      CausalModel model, TemporaryDirectory run, Progress progress, StopRequest stop) {
    try (AnswerLearner learner = new AnswerLearner(model);
        StopRequest end = new StopRequest()) {
      TrainingProgress watch =
          new TrainingProgress(progress) {
            @Override
            public void stepped(StepReport report) {
              super.stepped(report);
              String reason = stop.reason();
              if (reason != null) {
                end.stop(reason);
              }
            }

            @Override
            public void evaluated(EvaluationReport report) {
              super.evaluated(report);
              if (report.loss() <= SOLVED_LOSS) {
                end.stop(SOLVED);
              }
            }
          };
      return new Trainer<>(learner, data, settings.training(), watch, end)
          .begin(run.path().resolve("run"));
    }
  }
}
