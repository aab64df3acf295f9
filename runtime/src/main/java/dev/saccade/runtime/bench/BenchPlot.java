package dev.saccade.runtime.bench;

import dev.saccade.runtime.bench.BenchReport.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A drawing of one quantity against length, both by powers of ten, as SVG. Straight lines are
 * powers of T; their labels stand at the right ends.
 */
final class BenchPlot {

  private static final int WIDTH = 860;
  private static final int HEIGHT = 520;
  private static final int LEFT = 80;
  private static final int RIGHT = 180;
  private static final int TOP = 50;
  private static final int BOTTOM = 60;
  private static final int LINE_HEIGHT = 16;

  /** Okabe and Ito's colours, which people who confuse red and green tell apart. */
  private static final List<String> COLOURS =
      List.of(
          "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8B7500");

  private static final List<String> DASHES = List.of("", "6 3", "2 3");

  private final String title;
  private final String unit;
  private final Map<String, TreeMap<Integer, Double>> lines = new TreeMap<>();
  private double minX = Double.MAX_VALUE;
  private double maxX;
  private double minY = Double.MAX_VALUE;
  private double maxY;

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
        minX = Math.min(minX, row.length());
        maxX = Math.max(maxX, row.length());
        minY = Math.min(minY, y);
        maxY = Math.max(maxY, y);
      }
    }
  }

  boolean isEmpty() {
    return lines.isEmpty();
  }

  String svg() {
    minY = Math.pow(10, Math.floor(Math.log10(minY)));
    maxY = Math.pow(10, Math.ceil(Math.log10(maxY * 1.0001)));
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="%d" y="28" font-size="17">%s</text>
        """
            .formatted(WIDTH, HEIGHT, LEFT, title));
    grid(svg);
    int index = 0;
    List<Label> labels = new ArrayList<>();
    for (Map.Entry<String, TreeMap<Integer, Double>> line : lines.entrySet()) {
      String colour = COLOURS.get(index % COLOURS.size());
      String dash = DASHES.get(index / COLOURS.size() % DASHES.size());
      draw(svg, line.getValue(), colour, dash);
      labels.add(new Label(line.getKey(), colour, y(line.getValue().lastEntry().getValue())));
      index++;
    }
    write(svg, labels);
    return svg.append("</svg>\n").toString();
  }

  private record Label(String name, String colour, double y) {}

  private void grid(StringBuilder svg) {
    for (double y = minY; y <= maxY * 1.001; y *= 10) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
                  + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
              LEFT,
              WIDTH - RIGHT,
              y(y),
              y(y),
              LEFT - 8,
              y(y) + 4,
              number(y)));
    }
    lines.values().stream()
        .flatMap(line -> line.keySet().stream())
        .distinct()
        .sorted()
        .forEach(
            x ->
                svg.append(
                    String.format(
                        Locale.ROOT,
                        "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#eee\"/>"
                            + "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%,d</text>%n",
                        x(x),
                        x(x),
                        TOP,
                        HEIGHT - BOTTOM,
                        x(x),
                        HEIGHT - BOTTOM + 20,
                        x)));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">positions T</text>"
                + "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 18 %d)\">%s</text>%n",
            (LEFT + WIDTH - RIGHT) / 2,
            HEIGHT - 14,
            (TOP + HEIGHT - BOTTOM) / 2,
            (TOP + HEIGHT - BOTTOM) / 2,
            unit));
  }

  private void draw(StringBuilder svg, Map<Integer, Double> line, String colour, String dash) {
    StringBuilder points = new StringBuilder();
    line.forEach(
        (x, y) -> {
          points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(x), y(y)));
          svg.append(
              String.format(
                  Locale.ROOT,
                  "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
                  x(x),
                  y(y),
                  colour));
        });
    svg.append(
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" stroke-dasharray=\"%s\"/>%n"
            .formatted(points.toString().strip(), colour, dash));
  }

  /** Moves labels apart that would cover each other. */
  private static void write(StringBuilder svg, List<Label> labels) {
    double last = Double.NEGATIVE_INFINITY;
    List<Label> sorted = labels.stream().sorted((a, b) -> Double.compare(a.y(), b.y())).toList();
    for (Label label : sorted) {
      double y = Math.max(label.y(), last + LINE_HEIGHT);
      last = y;
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s</text>%n",
              WIDTH - RIGHT + 10,
              y + 4,
              label.colour(),
              label.name()));
    }
  }

  private double x(double value) {
    double part = maxX > minX ? Math.log(value / minX) / Math.log(maxX / minX) : 0.5;
    return LEFT + part * (WIDTH - LEFT - RIGHT);
  }

  private double y(double value) {
    double part = Math.log(value / minY) / Math.log(maxY / minY);
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
  }

  private static String number(double value) {
    return value >= 1
        ? String.format(Locale.ROOT, "%,.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }
}
