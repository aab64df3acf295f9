package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.Html.escape;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A report as one HTML page that needs nothing else: no network, no other file.
 *
 * <p>Java writes all that is text, so that it is there without JavaScript; the scripts draw the
 * attention maps and the charts from the report, which the page carries as JSON.
 */
final class ReportPage {

  private static final String CHART_JS = "/META-INF/resources/webjars/chart.js/4.5.1/";

  /** {@code {{name}}} in the template. */
  private static final Pattern SLOT = Pattern.compile("\\{\\{([a-z-]+)}}");

  private ReportPage() {}

  static String render(Report report) {
    Headline headline = Headline.of(report);
    Map<String, String> slots =
        Map.ofEntries(
            Map.entry("title", escape(title(report))),
            Map.entry("finding", escape(headline.finding())),
            Map.entry("details", escape(String.join(" ", headline.details()))),
            Map.entry("facts", ReproductionSection.facts(report)),
            Map.entry("teacher", escape(report.teacher())),
            Map.entry("comparison", ComparisonSection.render(report)),
            Map.entry("measurements", MeasurementSection.render(report)),
            Map.entry("refusals", RefusalSection.render(report)),
            Map.entry("command", escape(report.command())),
            Map.entry("environment", ReproductionSection.environment(report)),
            Map.entry("versions", ReproductionSection.versions(report)),
            Map.entry("style", resource("report.css")),
            Map.entry("chart-js", chartJs()),
            Map.entry("palette-js", resource("palette.js")),
            Map.entry("maps-js", resource("maps.js")),
            Map.entry("charts-js", resource("charts.js")),
            Map.entry("page-js", resource("page.js")),
            Map.entry("data", data(report)));
    // One pass, so that {{slots}} inside what is filled in stay what they are: text.
    return SLOT.matcher(resource("report.html"))
        .replaceAll(slot -> Matcher.quoteReplacement(fill(slots, slot)));
  }

  /**
   * The colour of each mechanism, as a number: 0 for the teacher, then from 1 in the order of the
   * report, the same whether a mechanism was compared or refused.
   */
  static Map<String, Integer> series(Report report) {
    Map<String, Integer> series = new LinkedHashMap<>();
    series.put(report.teacher(), 0);
    report.mechanisms().forEach(m -> series.putIfAbsent(m.name(), series.size()));
    series.replaceAll((name, number) -> number == 0 ? 0 : 1 + (number - 1) % 8);
    return series;
  }

  private static String fill(Map<String, String> slots, MatchResult slot) {
    String content = slots.get(slot.group(1));
    if (content == null) {
      throw new IllegalStateException("report.html has an unknown slot: " + slot.group());
    }
    return content;
  }

  private static String title(Report report) {
    String students =
        report.mechanisms().stream()
            .map(MechanismResult::name)
            .filter(name -> !name.equals(report.teacher()))
            .collect(Collectors.joining(", "));
    return "%s against %s".formatted(students, report.teacher());
  }

  private static String data(Report report) {
    return Html.escapeJson(
        "{\"series\":%s,\"report\":%s}"
            .formatted(ReportJson.compact(series(report)), ReportJson.compact(report)));
  }

  /** Chart.js with its licence, without the reference to its source map. */
  private static String chartJs() {
    return "/*\n%s*/\n%s"
        .formatted(
            resource(CHART_JS + "LICENSE.md"),
            resource(CHART_JS + "dist/chart.umd.min.js")
                .replaceAll("//# sourceMappingURL=\\S+", ""));
  }

  private static String resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("cannot be read from the class path: " + name, e);
    }
  }
}
