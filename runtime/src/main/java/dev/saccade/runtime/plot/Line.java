package dev.saccade.runtime.plot;

import java.util.List;

/**
 * Points of a plot that belong together.
 *
 * @param name written at their right end
 * @param points from left to right, at least one
 * @param style how they are drawn
 */
public record Line(String name, List<Point> points, Style style) {

  /** How points are drawn. */
  public enum Style {
    /** Connected. */
    LINE,
    /** Connected, each with a dot. */
    DOTTED_LINE,
    /** Connected by a thin, faint line: what another line is about. */
    BACKGROUND
  }

  /** A point in the axes' units. */
  public record Point(double x, double y) {}

  public Line {
    points = List.copyOf(points);
    if (points.isEmpty()) {
      throw new IllegalArgumentException("line %s has no points".formatted(name));
    }
  }

  Point last() {
    return points.get(points.size() - 1);
  }
}
