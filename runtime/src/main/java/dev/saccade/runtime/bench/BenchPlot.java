package dev.saccade.runtime.bench;

import dev.saccade.runtime.bench.BenchReport.Row;
import dev.saccade.runtime.plot.Axis;
import dev.saccade.runtime.plot.Line;
import dev.saccade.runtime.plot.LinePlot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A drawing of one quantity against length, both by powers of ten, as SVG. Straight lines are
 * powers of T.
 */
final class BenchPlot {

  private final String title;
  private final String unit;
  private final Map<String, TreeMap<Integer, Double>> lines = new TreeMap<>();

  /**
   * @param value what is drawn; null where a row has none
   */
  BenchPlot(String title, String unit, List<Row> rows, Function<Row, @Nullable Double> value) {
    this.title = title;
    this.unit = unit;
    for (Row row : rows) {
      Double y = value.apply(row);
      if (y != null && y > 0) {
        lines.computeIfAbsent(row.mechanism(), name -> new TreeMap<>()).put(row.length(), y);
      }
    }
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  String svg() {
    List<Double> lengths =
        lines.values().stream()
            .flatMap(line -> line.keySet().stream())
            .distinct()
            .sorted()
            .map(Integer::doubleValue)
            .toList();
    DoubleSummaryStatistics values =
        lines.values().stream()
            .map(Map::values)
            .flatMap(Collection::stream)
            .mapToDouble(Double::doubleValue)
            .summaryStatistics();
    List<Line> drawn = new ArrayList<>();
    lines.forEach((name, line) -> drawn.add(line(name, line)));
    return new LinePlot(
            title,
            Axis.ratios("positions T", lengths),
            Axis.powersOfTen(unit, values.getMin(), values.getMax()),
            drawn)
        .svg();
  }

  private static Line line(String name, Map<Integer, Double> values) {
    List<Line.Point> points = new ArrayList<>();
    values.forEach((length, value) -> points.add(new Line.Point(length, value)));
    return new Line(name, points, Line.Style.DOTTED_LINE);
  }
}
