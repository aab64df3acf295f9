package dev.saccade.runtime.tasks.passkey;

import dev.saccade.runtime.evaluate.Interval;
import dev.saccade.runtime.report.Figures;
import dev.saccade.runtime.report.KernelLines;
import dev.saccade.runtime.report.PlainTable;
import dev.saccade.runtime.tasks.TaskTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How well a model retrieved pass keys, for a terminal, beside what others measured. */
public final class PasskeyTable {

  private PasskeyTable() {}

  /** Returns both tables, what chance would give, and who computed. */
  public static String render(PasskeyReport report) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "pass keys, %s with %s, seed %d"
            .formatted(
                report.model().name(), report.attention().mechanism(), report.settings().seed()));
    lines.add("");
    lines.add(
        new PlainTable<PasskeyScore>()
            .numbers("filler", score -> Figures.count(score.filler()))
            .numbers("tokens", score -> Figures.count(Math.round(score.tokens())))
            .numbers("prompts", score -> Figures.count(score.prompts()))
            .numbers("said", score -> PlainTable.percent(score.said()))
            .numbers("95 %", score -> interval(score.saidInterval()))
            .numbers("chosen", score -> PlainTable.percent(score.chosen()))
            .numbers("95 %", score -> interval(score.chosenInterval()))
            .render(report.scores()));
    lines.add("");
    lines.add(
        "said: the first number of %d tokens is the key; chosen: the key is likelier than %d others, by chance %s"
            .formatted(
                PasskeyTrial.WRITTEN_TOKENS,
                report.settings().rivals(),
                PlainTable.percent(report.chance())));
    lines.addAll(
        KernelLines.of(Map.of(report.attention().mechanism(), report.attention().kernels())));
    lines.add("");
    lines.add(TaskTable.published(report.published()));
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }

  private static String interval(Interval interval) {
    return String.format(Locale.ROOT, "%.1f … %.1f", 100 * interval.low(), 100 * interval.high());
  }
}
