package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.model.SlotChoice;
import dev.saccade.runtime.train.StopRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts one mechanism after the other to a task. One that refuses or breaks does not end the trials
 * of the others. For one thread.
 */
public final class TaskComparison {

  private final TaskTrial trial;
  private final List<SlotChoice> choices;
  private final List<TaskResult> results = new ArrayList<>();
  private final Map<String, String> failures = new LinkedHashMap<>();

  /**
   * @param choices one at least, of different mechanisms
   */
  public TaskComparison(TaskTrial trial, List<SlotChoice> choices) {
    this.trial = trial;
    this.choices = List.copyOf(choices);
  }

  /**
   * Runs all trials.
   *
   * @return whether it came to the end; no if it was stopped
   * @throws SaccadeException if no mechanism could be measured
   */
  public boolean run(Progress progress, StopRequest stop) {
    for (int i = 0; i < choices.size(); i++) {
      int part = i;
      SlotChoice choice = choices.get(i);
      Progress share =
          (what, done, steps) ->
              progress.at(
                  choice.mechanism() + ", " + what, part * steps + done, choices.size() * steps);
      try {
        Optional<TaskResult> result = trial.of(choice, share, stop);
        if (result.isEmpty()) {
          return false;
        }
        results.add(result.get());
      } catch (SaccadeException e) {
        failures.put(choice.mechanism(), String.valueOf(e.getMessage()));
        if (results.isEmpty() && failures.size() == choices.size()) {
          throw e;
        }
        progress.broke(choice.mechanism(), e);
      }
    }
    return true;
  }

  /** Those that were measured. */
  public List<TaskResult> results() {
    return List.copyOf(results);
  }

  /** Why the others were not, by mechanism. */
  public Map<String, String> failures() {
    return Collections.unmodifiableMap(failures);
  }
}
