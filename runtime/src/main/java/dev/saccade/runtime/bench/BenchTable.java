package dev.saccade.runtime.bench;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.ColumnData;
import com.github.freva.asciitable.HorizontalAlign;
import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.bench.BenchReport.Status;
import dev.saccade.runtime.bench.BenchReport.Summary;
import dev.saccade.runtime.report.Figures;
import dev.saccade.runtime.report.KernelLines;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A benchmark for a terminal: a table of times for each direction, lengths side by side. */
public final class BenchTable {

  private BenchTable() {}

  /** Returns the tables, what they leave out and why, and how everything grows. */
  public static String render(BenchReport report) {
    StringBuilder text = new StringBuilder();
    for (Direction direction : Direction.values()) {
      List<Row> rows = report.rows().stream().filter(row -> row.direction() == direction).toList();
      if (!rows.isEmpty()) {
        text.append("%n%s: median time, peak memory%n".formatted(direction.label()));
        text.append(table(rows, report.summary())).append(System.lineSeparator());
      }
    }
    KernelLines.of(report.kernels()).forEach(line -> text.append("%n%s".formatted(line)));
    Map<String, Row> reasons = new LinkedHashMap<>();
    report.rows().stream()
        .filter(row -> row.status() != Status.MEASURED)
        .forEach(
            row ->
                reasons.putIfAbsent(
                    "%s, %s".formatted(row.mechanism(), row.direction().label()), row));
    reasons.forEach(
        (who, row) ->
            text.append(
                "%n%s from %,d: %s: %s"
                    .formatted(
                        who,
                        row.length(),
                        row.status().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        Objects.requireNonNullElse(row.reason(), ""))));
    return text.append(System.lineSeparator()).toString();
  }

  private static String table(List<Row> rows, List<Summary> summary) {
    List<Integer> lengths = rows.stream().map(Row::length).distinct().sorted().toList();
    List<String> mechanisms = rows.stream().map(Row::mechanism).distinct().toList();
    List<ColumnData<String>> columns = new ArrayList<>();
    columns.add(column("mechanism", HorizontalAlign.LEFT).with(name -> name));
    columns.add(column("kernel", HorizontalAlign.LEFT).with(name -> any(rows, name).kernel()));
    for (int length : lengths) {
      columns.add(
          column(Figures.count(length), HorizontalAlign.RIGHT)
              .with(name -> cell(at(rows, name, length))));
    }
    columns.add(
        column("grows", HorizontalAlign.RIGHT)
            .with(name -> growth(of(summary, name, rows.get(0).direction()))));
    columns.add(
        column("beats flash", HorizontalAlign.RIGHT)
            .with(name -> from(of(summary, name, rows.get(0).direction()))));
    return AsciiTable.getTable(AsciiTable.NO_BORDERS, mechanisms, columns)
        .lines()
        .map(String::stripTrailing)
        .collect(Collectors.joining(System.lineSeparator()));
  }

  private static Column column(String head, HorizontalAlign align) {
    return new Column().header(head).headerAlign(align).dataAlign(align);
  }

  private static Row any(List<Row> rows, String mechanism) {
    return rows.stream().filter(row -> row.mechanism().equals(mechanism)).findFirst().orElseThrow();
  }

  private static Row at(List<Row> rows, String mechanism, int length) {
    return rows.stream()
        .filter(row -> row.mechanism().equals(mechanism) && row.length() == length)
        .findFirst()
        .orElseThrow();
  }

  private static @Nullable Summary of(List<Summary> all, String mechanism, Direction direction) {
    return all.stream()
        .filter(each -> each.mechanism().equals(mechanism) && each.direction() == direction)
        .findFirst()
        .orElse(null);
  }

  private static String cell(Row row) {
    if (row.status() != Status.MEASURED) {
      return row.status().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
    String time = Figures.millis(row.medianMillis());
    return row.peakBytes() == null ? time : time + "\n" + Figures.bytes(row.peakBytes());
  }

  private static String growth(@Nullable Summary summary) {
    Double exponent = summary == null ? null : summary.timeExponent();
    Double memory = summary == null ? null : summary.memoryExponent();
    if (exponent == null) {
      return "";
    }
    String time = "T^%.2f".formatted(exponent);
    return memory == null ? time : time + "\n" + "T^%.2f".formatted(memory);
  }

  private static String from(@Nullable Summary summary) {
    Integer length = summary == null ? null : summary.crossoverVsFlash();
    return length == null ? "" : "from " + Figures.count(length);
  }
}
