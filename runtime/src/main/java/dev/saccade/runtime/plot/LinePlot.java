package dev.saccade.runtime.plot;

import dev.saccade.runtime.plot.Line.Point;
import dev.saccade.runtime.plot.Line.Style;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Lines over two axes, as SVG. Their names stand at the right ends.
 *
 * @param title above everything
 * @param x from left to right
 * @param y from bottom to top
 * @param lines in the order in which they get their colours
 */
public record LinePlot(String title, Axis x, Axis y, List<Line> lines) {

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

  public LinePlot {
    lines = List.copyOf(lines);
  }

  /** Returns the drawing, a whole SVG document. */
  public String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        <text x="%d" y="28" font-size="17">%s</text>
        """
            .formatted(WIDTH, HEIGHT, LEFT, escaped(title)));
    grid(svg);
    List<Label> labels = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      String colour = COLOURS.get(i % COLOURS.size());
      draw(svg, line, colour, DASHES.get(i / COLOURS.size() % DASHES.size()));
      labels.add(new Label(line.name(), colour, down(line.last().y())));
    }
    write(svg, labels);
    return svg.append("</svg>\n").toString();
  }

  private record Label(String name, String colour, double y) {}

  private void grid(StringBuilder svg) {
    for (double tick : y.ticks()) {
      append(
          svg,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>"
              + "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>%n",
          LEFT,
          WIDTH - RIGHT,
          down(tick),
          down(tick),
          LEFT - 8,
          down(tick) + 4,
          y.text(tick));
    }
    for (double tick : x.ticks()) {
      append(
          svg,
          "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#eee\"/>"
              + "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>%n",
          right(tick),
          right(tick),
          TOP,
          HEIGHT - BOTTOM,
          right(tick),
          HEIGHT - BOTTOM + 20,
          x.text(tick));
    }
    append(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>"
            + "<text x=\"18\" y=\"%d\" text-anchor=\"middle\" transform=\"rotate(-90 18 %d)\">%s</text>%n",
        (LEFT + WIDTH - RIGHT) / 2,
        HEIGHT - 14,
        escaped(x.label()),
        (TOP + HEIGHT - BOTTOM) / 2,
        (TOP + HEIGHT - BOTTOM) / 2,
        escaped(y.label()));
  }

  private void draw(StringBuilder svg, Line line, String colour, String dash) {
    StringBuilder points = new StringBuilder();
    for (Point point : line.points()) {
      append(points, "%.1f,%.1f ", right(point.x()), down(point.y()));
      if (line.style() == Style.DOTTED_LINE) {
        append(
            svg,
            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>%n",
            right(point.x()),
            down(point.y()),
            colour);
      }
    }
    boolean background = line.style() == Style.BACKGROUND;
    append(
        svg,
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-dasharray=\"%s\"%s/>%n",
        points.toString().strip(),
        colour,
        background ? "1" : "1.8",
        dash,
        background ? " stroke-opacity=\"0.35\"" : "");
  }

  /** Moves labels apart that would cover each other. */
  private static void write(StringBuilder svg, List<Label> labels) {
    double last = Double.NEGATIVE_INFINITY;
    for (Label label : labels.stream().sorted(Comparator.comparingDouble(Label::y)).toList()) {
      double y = Math.max(label.y(), last + LINE_HEIGHT);
      last = y;
      append(
          svg,
          "<text x=\"%d\" y=\"%.1f\" fill=\"%s\">%s</text>%n",
          WIDTH - RIGHT + 10,
          y + 4,
          label.colour(),
          escaped(label.name()));
    }
  }

  private double right(double value) {
    return LEFT + x.part(value) * (WIDTH - LEFT - RIGHT);
  }

  private double down(double value) {
    return HEIGHT - BOTTOM - y.part(value) * (HEIGHT - TOP - BOTTOM);
  }

  private static void append(StringBuilder to, String format, Object... values) {
    to.append(String.format(Locale.ROOT, format, values));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
