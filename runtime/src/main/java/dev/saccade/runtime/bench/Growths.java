package dev.saccade.runtime.bench;

import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.bench.BenchReport.Status;
import dev.saccade.runtime.bench.BenchReport.Summary;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Growth and crossovers of measured rows. */
final class Growths {

  /** Shorter sequences measure the overhead of a call, not the growth. */
  private static final int SHORTEST = 2048;

  private Growths() {}

  /** One summary for every mechanism and direction that was measured, in the order of the rows. */
  static List<Summary> of(List<Row> rows) {
    List<Summary> summaries = new ArrayList<>();
    for (Row row : rows) {
      boolean known =
          summaries.stream()
              .anyMatch(
                  each ->
                      each.mechanism().equals(row.mechanism())
                          && each.direction() == row.direction());
      NavigableMap<Integer, Row> own = measured(rows, row.mechanism(), row.direction());
      if (!known && !own.isEmpty()) {
        summaries.add(
            new Summary(
                row.mechanism(),
                row.direction(),
                exponent(own, each -> Objects.requireNonNull(each.medianMillis())),
                exponent(own, each -> Objects.requireNonNullElse(each.peakBytes(), 0L)),
                crossover(own, rows, "softmax"),
                crossover(own, rows, "flash")));
      }
    }
    return summaries;
  }

  private static NavigableMap<Integer, Row> measured(
      List<Row> rows, String mechanism, Direction direction) {
    NavigableMap<Integer, Row> measured = new TreeMap<>();
    rows.stream()
        .filter(row -> row.mechanism().equals(mechanism) && row.direction() == direction)
        .filter(row -> row.status() == Status.MEASURED)
        .sorted(Comparator.comparing(Row::length))
        .forEach(row -> measured.put(row.length(), row));
    return measured;
  }

  /**
   * The slope of the line of least squares through the logarithms, from {@value #SHORTEST}
   * positions on or, where fewer than two are as long, of the two longest.
   */
  private static @Nullable Double exponent(
      NavigableMap<Integer, Row> rows, ToDoubleFunction<Row> value) {
    List<Row> points =
        new ArrayList<>(
            rows.values().stream().filter(row -> value.applyAsDouble(row) > 0).toList());
    List<Row> longest = points.stream().filter(row -> row.length() >= SHORTEST).toList();
    if (longest.size() < 2) {
      longest = points.subList(Math.max(0, points.size() - 2), points.size());
    }
    if (longest.size() < 2) {
      return null;
    }
    double meanX = longest.stream().mapToDouble(row -> Math.log(row.length())).average().orElse(0);
    double meanY =
        longest.stream().mapToDouble(row -> Math.log(value.applyAsDouble(row))).average().orElse(0);
    double above = 0;
    double below = 0;
    for (Row row : longest) {
      double x = Math.log(row.length()) - meanX;
      above += x * (Math.log(value.applyAsDouble(row)) - meanY);
      below += x * x;
    }
    return above / below;
  }

  /**
   * Where the mechanism becomes faster for good, between two lengths by a power law. Lengths at
   * which the rival was left out for time or memory are won.
   */
  private static @Nullable Integer crossover(
      NavigableMap<Integer, Row> own, List<Row> rows, String rival) {
    Row any = own.firstEntry().getValue();
    NavigableMap<Integer, Row> others = measured(rows, rival, any.direction());
    if (any.mechanism().equals(rival) || others.isEmpty()) {
      return null;
    }
    Integer crossover = null;
    Double gainAbove = null;
    for (Row row : own.descendingMap().values()) {
      Row other = others.get(row.length());
      if (other == null) {
        if (row.length() > others.lastKey()) {
          crossover = row.length();
        }
        continue;
      }
      double gain =
          Math.log(
              Objects.requireNonNull(other.medianMillis())
                  / Objects.requireNonNull(row.medianMillis()));
      if (gain <= 0) {
        return crossover == null || gainAbove == null
            ? crossover
            : Integer.valueOf(between(row.length(), gain, crossover, gainAbove));
      }
      crossover = row.length();
      gainAbove = gain;
    }
    return crossover;
  }

  private static int between(int lost, double loss, int won, double gain) {
    double part = -loss / (gain - loss);
    return (int) Math.round(Math.exp(Math.log(lost) + part * Math.log((double) won / lost)));
  }
}
