package dev.saccade.runtime.tasks;

import dev.saccade.runtime.report.Figures;
import dev.saccade.runtime.report.KernelLines;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.report.PlainTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** How mechanisms did at a synthetic task, for a terminal, beside what others measured. */
public final class TaskTable {

  private TaskTable() {}

  /** Returns both tables, what guessing would reach, and who computed. */
  public static String render(TaskReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(headline(report));
    lines.add("");
    if (!report.results().isEmpty()) {
      lines.add(measured(report.results()));
      lines.add("");
    }
    report
        .failures()
        .forEach((mechanism, reason) -> lines.add("%s: %s".formatted(mechanism, reason)));
    lines.add(guess(report.guess()));
    lines.addAll(KernelLines.of(kernels(report)));
    lines.add("");
    lines.add(published(report.published()));
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }

  private static String headline(TaskReport report) {
    TaskSettings settings = report.settings();
    return format(
        "%s (%s): %d layers, hidden %d, heads %d; up to %,d steps of %d examples, learning rate %s,"
            + " seed %d",
        report.task(),
        report.draws().entrySet().stream()
            .map(draw -> "%s %d".formatted(draw.getKey(), draw.getValue()))
            .collect(Collectors.joining(", ")),
        settings.layers(),
        settings.hidden(),
        settings.heads(),
        settings.steps(),
        settings.batch(),
        settings.learningRate(),
        settings.seed());
  }

  private static String measured(List<TaskResult> results) {
    return new PlainTable<TaskResult>()
        .words("mechanism", TaskTable::name)
        .numbers("right", result -> PlainTable.percent(result.accuracy()))
        .numbers(
            "95 %",
            result ->
                format(
                    "%.1f … %.1f", 100 * result.interval().low(), 100 * result.interval().high()))
        .numbers("whole", result -> PlainTable.percent(result.wholeExamples()))
        .numbers("answers", result -> Figures.count(result.questions()))
        .numbers("steps", result -> Figures.count(result.steps()) + (result.solved() ? " ✓" : ""))
        .numbers("parameters", result -> Figures.count(result.parameters()))
        .numbers("time", result -> Figures.millis(1000 * result.seconds()))
        .render(results);
  }

  private static String name(TaskResult result) {
    return result.options().isEmpty()
        ? result.mechanism()
        : result.mechanism()
            + result.options().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(Object::toString)
                .collect(Collectors.joining(", ", " (", ")"));
  }

  private static String guess(TaskReport.Guess guess) {
    return format(
        "guessing %s is right %.1f %% of the time, the commonest answer %.1f %%; whole: all answers"
            + " of an example; ✓: solved before the last step",
        guess.of(), 100 * guess.chance(), 100 * guess.commonest());
  }

  private static Map<String, List<KernelUse>> kernels(TaskReport report) {
    Map<String, List<KernelUse>> kernels = new LinkedHashMap<>();
    report.results().forEach(result -> kernels.put(result.mechanism(), result.kernels()));
    return kernels;
  }

  /** What others measured, with setting and source. */
  public static String published(List<PublishedResult> results) {
    return new PlainTable<PublishedResult>()
        .words("published", PublishedResult::model)
        .words("right, %", PublishedResult::accuracy)
        .words("at", PublishedResult::setting)
        .words("source", PublishedResult::source)
        .render(results);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
