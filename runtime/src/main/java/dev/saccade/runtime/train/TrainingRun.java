package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One run, from wherever it is to its end or to where it is stopped. */
final class TrainingRun<B> {

  private static final double NANOS = 1e9;

  private final Trainable<B> model;
  private final TrainingData<B> data;
  private final TrainSettings settings;
  private final TrainingListener listener;
  private final RunDirectory files;
  private final List<TrainedParameter> parameters;
  private final AdamW optimizer;
  private final StepRunner<B> steps;
  private final Interruptions interruptions;
  private TrainingState state = TrainingState.START;
  private @Nullable TrainingState saved;

  TrainingRun(
      Trainable<B> model,
      TrainingData<B> data,
      TrainSettings settings,
      TrainingListener listener,
      RunDirectory files,
      Interruptions interruptions) {
    this.model = model;
    this.data = data;
    this.settings = settings;
    this.listener = listener;
    this.files = files;
    this.interruptions = interruptions;
    this.parameters = model.parameters();
    this.optimizer = new AdamW(parameters, settings.optimizer());
    this.steps = new StepRunner<>(model, data, settings, optimizer);
  }

  /** Takes everything back from the last checkpoint. */
  void restore() {
    Path last = files.checkpoint(RunDirectory.LAST);
    TrainerFile file = TrainerFile.read(last);
    file.requireCourse(course(), last);
    long step = file.state().step();
    if (step > settings.steps()) {
      throw new SaccadeException(
          "%s has %d steps already, more than the %d asked for"
              .formatted(last, step, settings.steps()));
    }
    List<String> changes = file.environmentDifferences(TrainerFile.currentEnvironment());
    if (!changes.isEmpty()) {
      listener.noted(
          "resumed in another environment, where the last bits may differ: "
              + String.join(", ", changes));
    }
    Checkpoint.restore(last, parameters, optimizer, step);
    state = file.state();
    saved = state;
  }

  /** Returns what must be the same for the whole run. */
  private Map<String, String> course() {
    Map<String, String> course = new LinkedHashMap<>(settings.decisive());
    course.put("data", data.fingerprint());
    course.putAll(model.traits());
    course.put("batches an epoch", String.valueOf(data.batches()));
    for (TrainedParameter parameter : parameters) {
      course.put(
          "parameter " + parameter,
          "%s, %s".formatted(parameter.group(), parameter.decays() ? "decays" : "does not decay"));
    }
    return course;
  }

  /** Goes on to the end, or until it is asked to stop. */
  TrainingResult run(StopRequest stop) {
    listener.begun(files.path(), state.step(), settings.steps());
    model.reach(state.step());
    try (TrainLog log = TrainLog.open(files.log(), state)) {
      evaluateIfDue(log, stop);
      while (state.step() < settings.steps() && !isStopped(stop)) {
        step(log, stop);
        evaluateIfDue(log, stop);
        if (Rhythm.isDue(settings.rhythm().save(), state.step())) {
          save(RunDirectory.LAST);
        }
      }
      if (!state.equals(saved)) {
        save(RunDirectory.LAST);
      }
      draw();
    } catch (TrainingBroken e) {
      draw();
      throw e.keeping(kept());
    }
    boolean complete = state.step() == settings.steps() && !evaluationIsDue();
    return new TrainingResult(
        state.step(),
        settings.steps(),
        complete ? null : stop.reason(),
        state.best(),
        state.bestStep(),
        files.path());
  }

  private String kept() {
    return saved == null
        ? "no checkpoint"
        : "%s, of step %d".formatted(files.checkpoint(RunDirectory.LAST), saved.step());
  }

  private void draw() {
    interruptions.outlast(() -> LossCurve.draw(files.log(), files.curve()));
  }

  private boolean isStopped(StopRequest stop) {
    if (interruptions.seen()) {
      stop.stop("interrupted");
    }
    return stop.reason() != null;
  }

  private void step(TrainLog log, StopRequest stop) {
    StepReport report;
    try {
      report = steps.take(state.step(), state.trend());
    } catch (TrainingBroken e) {
      throw e;
    } catch (SaccadeException e) {
      // A model gives up when it is interrupted. That was before parameters were changed.
      if (!isStopped(stop)) {
        throw e;
      }
      return;
    }
    state = state.afterStep(report.loss());
    model.reach(state.step());
    if (Rhythm.isDue(settings.rhythm().log(), report.step())) {
      log.step(report);
    }
    listener.stepped(report);
  }

  private boolean evaluationIsDue() {
    int every = settings.rhythm().evaluate();
    boolean due = Rhythm.isDue(every, state.step()) || state.step() == settings.steps();
    return every > 0 && due && state.evaluatedAt() < state.step();
  }

  /** Of the step it is at, which may be the one that the run was stopped after. */
  private void evaluateIfDue(TrainLog log, StopRequest stop) {
    if (!evaluationIsDue() || isStopped(stop)) {
      return;
    }
    EvaluationReport report;
    try {
      report = evaluate();
    } catch (TrainingBroken e) {
      throw e;
    } catch (SaccadeException e) {
      if (!isStopped(stop)) {
        throw e;
      }
      return;
    }
    state = state.afterEvaluation(report.loss());
    log.evaluation(report);
    if (report.best()) {
      save(RunDirectory.BEST);
    }
    draw();
    listener.evaluated(report);
  }

  private EvaluationReport evaluate() {
    long begun = System.nanoTime();
    LossSum sum = LossSum.NONE;
    for (B batch : data.validation()) {
      sum = sum.plus(model.evaluate(batch));
    }
    if (!Double.isFinite(sum.mean())) {
      throw new TrainingBroken(state.step(), "the validation loss is " + sum.mean());
    }
    return new EvaluationReport(
        state.step(),
        sum.mean(),
        sum.count(),
        state.isBest(sum.mean()),
        (System.nanoTime() - begun) / NANOS);
  }

  private void save(String name) {
    long next = steps.firstBatch(state.step());
    TrainerFile file =
        new TrainerFile(
            state,
            Math.toIntExact(next / data.batches()),
            (int) (next % data.batches()),
            course(),
            TrainerFile.currentEnvironment());
    interruptions.outlast(
        () ->
            files.replace(
                name,
                checkpoint -> {
                  Checkpoint.write(checkpoint, parameters, optimizer);
                  model.describe(checkpoint);
                  file.write(checkpoint);
                }));
    if (name.equals(RunDirectory.LAST)) {
      saved = state;
    }
    listener.saved(files.checkpoint(name), state.step());
  }
}
