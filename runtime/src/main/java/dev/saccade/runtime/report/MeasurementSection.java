package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.Html.escape;

import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Every measured time and peak as tables: the charts for those who do not see them. */
final class MeasurementSection {

  private MeasurementSection() {}

  static String render(Report report) {
    return table(report, "The whole model", MechanismResult::latency)
        + table(report, "A single attention layer", MechanismResult::layerLatency);
  }

  private static String table(
      Report report, String caption, Function<MechanismResult, List<Timing>> timings) {
    List<MechanismResult> compared =
        report.mechanisms().stream()
            .filter(m -> m.status() == MechanismResult.Status.COMPARED)
            .filter(m -> !timings.apply(m).isEmpty())
            .toList();
    if (compared.isEmpty()) {
      return "";
    }
    TreeSet<Integer> lengths = new TreeSet<>();
    compared.forEach(m -> timings.apply(m).forEach(timing -> lengths.add(timing.length())));
    String head =
        compared.stream()
            .map(m -> "<th scope=\"col\">%s</th>".formatted(escape(m.name())))
            .collect(Collectors.joining());
    String body =
        lengths.stream()
            .map(
                length ->
                    "<tr><th scope=\"row\">%d</th>%s</tr>\n"
                        .formatted(
                            length,
                            compared.stream()
                                .map(m -> cell(length, timings.apply(m)))
                                .collect(Collectors.joining())))
            .collect(Collectors.joining());
    return """
        <div class="scroll" tabindex="0" role="region" aria-label="%1$s">
        <table class="figures"><caption>%1$s: median ± spread, peak memory</caption>
        <thead><tr><th scope="col">tokens</th>%2$s</tr></thead><tbody>
        %3$s</tbody></table></div>
        """
        .formatted(caption, head, body);
  }

  private static String cell(int length, List<Timing> timings) {
    return timings.stream()
        .filter(timing -> timing.length() == length)
        .findFirst()
        .map(MeasurementSection::cell)
        .orElse("<td class=\"none\">" + Figures.NONE + "</td>");
  }

  private static String cell(Timing timing) {
    String reason = timing.reason() == null ? "" : escape(timing.reason());
    return switch (timing.status()) {
      case MEASURED ->
          "<td>%s <small>± %s</small><small class=\"second\">%s</small></td>"
              .formatted(
                  Figures.millis(timing.medianMillis()),
                  Figures.millis(timing.spreadMillis()),
                  timing.peakBytes() == null ? "" : Figures.bytes(timing.peakBytes()));
      case OUT_OF_MEMORY ->
          "<td class=\"none\">out of memory<small class=\"second\">%s</small></td>"
              .formatted(reason);
      case SKIPPED ->
          "<td class=\"none\">skipped<small class=\"second\">%s</small></td>".formatted(reason);
    };
  }
}
