package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Trains a model: steps of {@link AdamW} along a {@link LearningRate}, evaluations, checkpoints, a
 * log and a drawing of the loss.
 *
 * <p>A run that is stopped, or killed at any moment, is resumed from its last checkpoint and ends
 * with the same bits that it would have ended with, on the same kind of machine with the same
 * number of threads. In the run's directory are {@code last/} and {@code best/}, each with {@code
 * parameters.safetensors}, {@code optimizer.safetensors} and {@code trainer.json}; {@code
 * log.jsonl} and {@code loss.svg}.
 *
 * <p>Training stops at the next boundary between steps when the {@link StopRequest} asks for it or
 * the thread is interrupted, which it stays.
 *
 * @param <B> a batch
 */
public final class Trainer<B> {

  private final Trainable<B> model;
  private final TrainingData<B> data;
  private final TrainSettings settings;
  private final TrainingListener listener;
  private final StopRequest stop;

  /**
   * Prepares training.
   *
   * @throws SaccadeException when settings and model do not fit
   */
  public Trainer(
      Trainable<B> model,
      TrainingData<B> data,
      TrainSettings settings,
      TrainingListener listener,
      StopRequest stop) {
    this.model = model;
    this.data = data;
    this.settings = settings;
    this.listener = listener;
    this.stop = stop;
    requireFitting(model.parameters());
  }

  private void requireFitting(List<TrainedParameter> parameters) {
    if (parameters.isEmpty()) {
      throw new SaccadeException("there is nothing to train: the model has no trained parameters");
    }
    Set<String> names = new HashSet<>();
    Set<String> groups = new TreeSet<>();
    for (TrainedParameter parameter : parameters) {
      if (!names.add(parameter.name())) {
        throw new IllegalArgumentException("there are two parameters named " + parameter.name());
      }
      groups.add(parameter.group());
    }
    groups.add(TrainedParameter.PRETRAINED);
    groups.add(TrainedParameter.NEW);
    for (String group : settings.optimizer().rateFactors().keySet()) {
      if (!groups.contains(group)) {
        throw new SaccadeException(
            "no parameter is in the group %s, whose learning rate was set; groups are %s"
                .formatted(group, groups));
      }
    }
    if (settings.rhythm().evaluate() > 0 && data.validation().isEmpty()) {
      throw new SaccadeException(
          "there are no validation data to evaluate on every %d steps; give some, or never evaluate"
              .formatted(settings.rhythm().evaluate()));
    }
  }

  /** Says whether a directory holds a run that can be resumed. */
  public static boolean canResume(Path directory) {
    try (RunDirectory run = RunDirectory.open(directory)) {
      return run.holdsRun();
    }
  }

  /**
   * Refuses what {@link #begin} would refuse, before anything is prepared for it.
   *
   * @throws SaccadeException when the directory already holds a run, or cannot be written
   */
  public static void requireFree(Path directory) {
    try (RunDirectory run = RunDirectory.open(directory)) {
      run.requireFree();
    }
  }

  /**
   * Refuses what {@link #resume} would refuse, before anything is prepared for it.
   *
   * @throws SaccadeException when the directory holds no run, or cannot be written
   */
  public static void requireRun(Path directory) {
    try (RunDirectory run = RunDirectory.open(directory)) {
      run.requireRun();
    }
  }

  /**
   * Begins a run with the model's parameters as they are.
   *
   * @param directory for all that is written; made if it is not there
   * @throws SaccadeException when the directory already holds a run, or cannot be written
   * @throws TrainingBroken when there is no sense in going on
   */
  public TrainingResult begin(Path directory) {
    try (Interruptions interruptions = new Interruptions();
        RunDirectory files = RunDirectory.open(directory)) {
      files.requireFree();
      return run(files, interruptions).run(stop);
    }
  }

  /**
   * Goes on with a run from its last checkpoint, which replaces the model's parameters.
   *
   * @throws SaccadeException when there is none, or settings, data or model are not those of the
   *     run
   * @throws TrainingBroken when there is no sense in going on
   */
  public TrainingResult resume(Path directory) {
    try (Interruptions interruptions = new Interruptions();
        RunDirectory files = RunDirectory.open(directory)) {
      files.requireRun();
      TrainingRun<B> run = run(files, interruptions);
      run.restore();
      return run.run(stop);
    }
  }

  private TrainingRun<B> run(RunDirectory files, Interruptions interruptions) {
    return new TrainingRun<>(model, data, settings, listener, files, interruptions);
  }
}
