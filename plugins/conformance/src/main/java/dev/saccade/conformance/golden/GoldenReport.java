package dev.saccade.conformance.golden;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What a test class has compared with the cases of a {@link GoldenFolder}: a table of case, tensors
 * compared, and the one nearest to its tolerance. Closing prints it, and fails unless every case of
 * the folder is in it, so that nothing passes by not having run.
 *
 * <pre>{@code
 * static final GoldenReport REPORT = new GoldenReport("Steps", FOLDER);
 *
 * @AfterAll
 * static void every_case_was_run() {
 *   REPORT.close();
 * }
 *
 * @ParameterizedTest
 * @MethodSource("cases")
 * void every_step_is_as_published(GoldenCase golden) {
 *   REPORT.check(golden, Set.of("x."), compared -> compared.tensor("x.scores", …));
 * }
 * }</pre>
 */
public final class GoldenReport implements AutoCloseable {

  private final String title;
  private final GoldenFolder folder;
  private final Map<String, GoldenComparison> comparisons = new LinkedHashMap<>();

  public GoldenReport(String title, GoldenFolder folder) {
    this.title = title;
    this.folder = folder;
  }

  /**
   * Compares one case. Every tensor that begins with one of the prefixes must be compared, or left
   * out with a reason.
   *
   * @throws AssertionError that names everything that is off
   */
  public void check(
      GoldenCase golden, Set<String> prefixes, Consumer<GoldenComparison> comparison) {
    GoldenComparison compared = new GoldenComparison(golden);
    comparison.accept(compared);
    comparisons.put(golden.name(), compared);
    compared.requireAll(prefixes);
    if (!compared.failures().isEmpty()) {
      throw new AssertionError(
          "%s: %s".formatted(golden.name(), String.join("\n  ", compared.failures())));
    }
  }

  /** Prints the table; fails unless every case of the folder is in it, and some have a tensor. */
  @Override
  public void close() {
    Set<String> expected =
        folder.cases().stream()
            .map(GoldenCase::name)
            .collect(Collectors.toCollection(TreeSet::new));
    System.out.print(table(expected.size()));

    expected.removeAll(comparisons.keySet());
    if (!expected.isEmpty()) {
      throw new AssertionError(
          "%s: not compared, or not to the end: %s".formatted(folder, expected));
    }
    if (tensors() == 0) {
      throw new AssertionError(
          "%s: none of %d cases has a tensor to compare".formatted(folder, comparisons.size()));
    }
  }

  String table(int cases) {
    StringBuilder table = new StringBuilder("%n%s, from %s%n".formatted(title, folder));
    row(table, "case", "compared", "nearest to its tolerance", "error", "allowed");
    comparisons.values().forEach(comparison -> row(table, comparison));
    table.append(
        "  %d of %d cases, %d tensors compared%n".formatted(comparisons.size(), cases, tensors()));
    Map<String, Integer> reasons = new TreeMap<>();
    comparisons
        .values()
        .forEach(
            comparison ->
                comparison.leftOut().values().forEach(why -> reasons.merge(why, 1, Integer::sum)));
    reasons.forEach((why, times) -> table.append("  %d left out: %s%n".formatted(times, why)));
    return table.toString();
  }

  private static void row(StringBuilder table, GoldenComparison comparison) {
    List<GoldenComparison.Line> lines = comparison.compared();
    String name = comparison.golden().name();
    if (lines.isEmpty()) {
      row(table, name, "0", "", "", "");
      return;
    }
    // NaN counts as greater than any number.
    GoldenComparison.Line worst =
        lines.stream().max(Comparator.comparingDouble(GoldenComparison.Line::used)).orElseThrow();
    row(
        table,
        name + (comparison.failures().isEmpty() ? "" : " FAILED"),
        String.valueOf(lines.size()),
        worst.tensor(),
        scientific(worst.error()),
        scientific(worst.allowed()));
  }

  private static void row(
      StringBuilder table,
      String name,
      String compared,
      String tensor,
      String error,
      String allowed) {
    table.append("  %-34s %8s  %-46s %9s  %9s%n".formatted(name, compared, tensor, error, allowed));
  }

  private static String scientific(double number) {
    return String.format(Locale.ROOT, "%.1e", number);
  }

  private int tensors() {
    return comparisons.values().stream().mapToInt(compared -> compared.compared().size()).sum();
  }
}
