package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.Html.escape;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** What the figures belong to and how to get them again. */
final class ReproductionSection {

  private ReproductionSection() {}

  /** The few facts under the headline. */
  static String facts(Report report) {
    Map<String, String> facts = new LinkedHashMap<>();
    Report.Model model = report.model();
    facts.put(
        "Model",
        "%s, %d layers of %d heads, %s"
            .formatted(model.name(), model.layers(), model.heads(), model.weights()));
    facts.put(
        "Text",
        "%s, %s tokens in %s passages"
            .formatted(
                report.text().name(),
                Figures.count(report.text().tokens()),
                Figures.count(report.text().passages())));
    facts.put("Teacher", report.teacher());
    facts.put("Machine", processor(report.environment()));
    return definitions(facts);
  }

  static String environment(Report report) {
    Report.Environment environment = report.environment();
    Report.Model model = report.model();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("Saccade", report.saccadeVersion());
    facts.put("Created", report.created().toString());
    facts.put("Seed", String.valueOf(report.seed()));
    facts.put("Java", environment.java() + ", " + environment.vm());
    facts.put("System", environment.os());
    facts.put("Processor", processor(environment));
    facts.put("Memory", Figures.bytes(environment.memoryBytes()));
    facts.put("ND4J", "%s, %d threads".formatted(environment.nd4j(), environment.threads()));
    facts.put("GPU", environment.gpu() == null ? "none used" : environment.gpu());
    facts.put("Weights", "%s, %s".formatted(model.source(), model.weights()));
    facts.put(
        "Shape",
        "%d layers, %d heads of %d, %d hidden, %d positions, %s words, %s parameters"
            .formatted(
                model.layers(),
                model.heads(),
                model.headSize(),
                model.hidden(),
                model.maxPositions(),
                Figures.count(model.vocabulary()),
                Figures.count(model.parameters())));
    facts.put("Split", report.text().split());
    return definitions(facts);
  }

  /** The version, bundle, options and kernels of every mechanism. */
  static String versions(Report report) {
    return report.mechanisms().stream()
        .map(
            m ->
                "<li><b>%s</b> %s <span>%s</span>%s%s</li>\n"
                    .formatted(
                        escape(m.name()),
                        escape(m.version()),
                        escape(m.bundle()),
                        m.options().isEmpty() ? "" : "<code>" + options(m) + "</code>",
                        m.kernels().isEmpty() ? "" : "<code>" + kernels(m) + "</code>"))
        .collect(Collectors.joining());
  }

  private static String options(MechanismResult mechanism) {
    return mechanism.options().entrySet().stream()
        .map(option -> escape(option.getKey() + "=" + option.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String processor(Report.Environment environment) {
    return "%s, %d cores".formatted(environment.processor(), environment.cores());
  }

  private static String kernels(MechanismResult mechanism) {
    return mechanism.kernels().stream()
        .map(use -> escape("%s by %s".formatted(use.operation(), use.choice())))
        .collect(Collectors.joining("<br>"));
  }

  private static String definitions(Map<String, String> facts) {
    return facts.entrySet().stream()
        .map(
            fact ->
                "<div><dt>%s</dt><dd>%s</dd></div>\n"
                    .formatted(fact.getKey(), escape(fact.getValue())))
        .collect(Collectors.joining());
  }
}
