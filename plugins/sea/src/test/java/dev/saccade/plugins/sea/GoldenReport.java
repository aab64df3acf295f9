package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a test of golden cases has compared: how many tensors of each case, and which came nearest
 * to its tolerance. Printed when the test closes, so that nothing passes by not having run.
 */
final class GoldenReport {

  private record Line(int compared, String worst, double error, double tolerance) {

    double part() {
      return tolerance == 0 ? error : error / tolerance;
    }
  }

  private final String title;
  private final Map<String, Line> lines = new LinkedHashMap<>();

  GoldenReport(String title) {
    this.title = title;
  }

  /** Notes a tensor that was found within its tolerance. */
  void add(GoldenCase golden, String tensor, double error, double tolerance) {
    Line line = new Line(1, tensor, error, tolerance);
    lines.merge(
        golden.name(),
        line,
        (old, added) -> {
          Line worse = added.part() > old.part() ? added : old;
          return new Line(old.compared() + 1, worse.worst(), worse.error(), worse.tolerance());
        });
  }

  /** Notes that a case has nothing to compare here. */
  void addEmpty(GoldenCase golden, String reason) {
    lines.putIfAbsent(golden.name(), new Line(0, reason, 0, 0));
  }

  /** Prints the table; fails unless every case of the folder is in it, and some have a tensor. */
  void close(List<Path> manifests) {
    StringBuilder table = new StringBuilder(title).append('\n');
    table.append(
        String.format(
            Locale.ROOT,
            "  %-32s %8s  %-46s %9s  %9s%n",
            "case",
            "compared",
            "nearest to its tolerance",
            "error",
            "allowed"));
    lines.forEach(
        (name, line) ->
            table.append(
                String.format(
                    Locale.ROOT,
                    "  %-32s %8d  %-46s %9.1e  %9.1e%n",
                    name,
                    line.compared(),
                    line.worst(),
                    line.error(),
                    line.tolerance())));
    int compared = lines.values().stream().mapToInt(Line::compared).sum();
    table.append("  %d cases, %d tensors%n".formatted(lines.size(), compared));
    System.out.print(table);

    assertThat(lines.keySet())
        .as("cases that were compared")
        .containsExactlyInAnyOrderElementsOf(manifests.stream().map(GoldenCase::name).toList());
    assertThat(lines.values().stream().filter(line -> line.compared() > 0).count())
        .as("cases with something to compare")
        .isPositive();
  }
}
