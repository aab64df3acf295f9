package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.Html.escape;

import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table that puts the mechanisms side by side; readable without JavaScript. */
final class ComparisonSection {

  private ComparisonSection() {}

  static String render(Report report) {
    Map<String, Integer> series = ReportPage.series(report);
    return report.mechanisms().stream()
        .map(mechanism -> row(report, mechanism, series.getOrDefault(mechanism.name(), 0)))
        .collect(Collectors.joining());
  }

  private static String row(Report report, MechanismResult mechanism, int series) {
    boolean teacher = mechanism.name().equals(report.teacher());
    StringBuilder row = new StringBuilder();
    row.append("<tr class=\"s%d%s\">".formatted(series, teacher ? " teacher" : ""))
        .append("<th scope=\"row\"><span class=\"swatch\" aria-hidden=\"true\"></span><b>")
        .append(escape(mechanism.name()))
        .append("</b>")
        .append(teacher ? " <span class=\"tag\">teacher</span>" : "")
        .append("<small>%s</small></th>".formatted(escape(mechanism.summary())));
    Fidelity fidelity = mechanism.fidelity();
    if (mechanism.status() != MechanismResult.Status.COMPARED || fidelity == null) {
      return row.append("<td colspan=\"8\" class=\"none\">")
          .append(mechanism.status() == MechanismResult.Status.FAILED ? "failed" : "refused")
          .append(": <a href=\"#refusals\">see why</a></td></tr>\n")
          .toString();
    }
    row.append(cell("exact", mechanism.exact() ? "yes" : "no"))
        .append(bar("direction kept", fidelity.hiddenCosine(), "kept"))
        .append(bar("hidden error", fidelity.hiddenError(), "error"))
        .append(bar("context error", fidelity.contextError(), "error"))
        .append(bar("attention distance", fidelity.attentionDistance(), "error"));
    Pace pace = Pace.of(report, mechanism).orElse(null);
    row.append(
            cell(
                "whole model",
                pace == null
                    ? Figures.NONE
                    : Figures.millis(pace.own().medianMillis())
                        + "<small>%s at %d</small>"
                            .formatted(teacher ? "" : pace.words(), pace.length())))
        .append(cell("peak memory", pace == null ? Figures.NONE : memory(pace, teacher)))
        .append(
            cell(
                "growth",
                escape(mechanism.timeGrowth())
                    + "<small>%s memory</small>".formatted(escape(mechanism.memoryGrowth()))));
    return row.append("</tr>\n").toString();
  }

  private static String memory(Pace pace, boolean teacher) {
    Long own = pace.own().peakBytes();
    Long teachers = pace.teachers().peakBytes();
    String share =
        teacher || own == null || teachers == null || own == 0 || teachers == 0
            ? ""
            : "<small>%s</small>".formatted(Figures.moreOrLess((double) own / teachers));
    return Figures.bytes(own) + share;
  }

  private static String cell(String label, String html) {
    return "<td data-label=\"%s\"><div>%s</div></td>".formatted(label, html);
  }

  /**
   * A figure over a bar from 0 to 1; what lies outside is cut off in the bar, not in the figure.
   */
  private static String bar(String label, @Nullable Double value, String kind) {
    if (value == null) {
      return cell(label, "<span class=\"none\">not shown</span>");
    }
    double width = Math.max(0, Math.min(1, value));
    return cell(
        label,
        "%s<span class=\"bar %s%s\" style=\"--v:%s\" aria-hidden=\"true\"></span>"
            .formatted(
                Figures.fraction(value),
                kind,
                value > 1 ? " over" : "",
                String.format(Locale.ROOT, "%.4f", width)));
  }
}
