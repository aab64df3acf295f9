package dev.saccade.runtime.tasks;

import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.report.Report;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How mechanisms did at a synthetic task, and all that is needed to get it again; the components
 * are the fields of the JSON file.
 *
 * @param created when, in ISO 8601
 * @param command the command line that made this report and makes it again
 * @param draws what decides the examples
 * @param guess what may be reached without doing what the task asks
 * @param results in the order in which mechanisms were tried
 * @param failures why mechanisms that could not be measured could not
 * @param published what others measured, at their sizes
 */
public record TaskReport(
    String saccadeVersion,
    String created,
    String command,
    String task,
    Report.Environment environment,
    Map<String, Integer> draws,
    TaskSettings settings,
    Guess guess,
    List<TaskResult> results,
    Map<String, String> failures,
    List<PublishedResult> published) {

  /**
   * What may be reached without doing what the task asks, 0 to 1.
   *
   * @param chance by drawing from the likeliest in view
   * @param of what these are
   * @param commonest by always saying the commonest answer
   */
  public record Guess(double chance, String of, double commonest) {}

  public TaskReport {
    draws = Collections.unmodifiableMap(new LinkedHashMap<>(draws));
    results = List.copyOf(results);
    failures = Collections.unmodifiableMap(new LinkedHashMap<>(failures));
    published = List.copyOf(published);
  }

  /** Describes what has just been measured on this machine. */
  public static TaskReport of(
      String command,
      TaskData data,
      TaskSettings settings,
      List<TaskResult> results,
      Map<String, String> failures) {
    SyntheticTask task = data.task();
    return new TaskReport(
        Machine.saccadeVersion(),
        Instant.now().toString(),
        command,
        task.name(),
        Machine.environment(),
        task.settings(),
        settings,
        new Guess(task.chance(), task.guess(), data.commonest()),
        results,
        failures,
        task.published());
  }
}
