package dev.saccade.runtime.report;

import static dev.saccade.runtime.report.Html.escape;

import java.util.List;
import java.util.stream.Collectors;

/** What was not compared, each with every reason. */
final class RefusalSection {

  private RefusalSection() {}

  static String render(Report report) {
    List<MechanismResult> others =
        report.mechanisms().stream()
            .filter(m -> m.status() != MechanismResult.Status.COMPARED)
            .toList();
    return others.isEmpty()
        ? "<p>None: every mechanism was compared to the end.</p>"
        : others.stream().map(RefusalSection::entry).collect(Collectors.joining());
  }

  private static String entry(MechanismResult mechanism) {
    boolean failed = mechanism.status() == MechanismResult.Status.FAILED;
    return """
        <article class="refusal %s"><h3>%s <span class="tag">%s</span></h3>
        <p class="summary">%s</p><ul>%s</ul></article>
        """
        .formatted(
            failed ? "failed" : "refused",
            escape(mechanism.name()),
            failed ? "failed" : "refused",
            escape(mechanism.summary()),
            mechanism.reasons().stream()
                .map(reason -> "<li>%s</li>".formatted(escape(reason)))
                .collect(Collectors.joining()));
  }
}
