package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.plot.Axis;
import dev.saccade.runtime.plot.Line;
import dev.saccade.runtime.plot.LinePlot;
import dev.saccade.runtime.train.TrainLog.Losses;
import dev.saccade.runtime.train.TrainLog.Point;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Draws a log: the training loss as it was and smoothed, and the validation loss. */
final class LossCurve {

  /** More points than this would fall on the same pixels. */
  private static final int POINTS = 600;

  /** The smoothed line looks so large a part of the run to each side. */
  private static final double SIDE = 0.01;

  private LossCurve() {}

  /** Draws a log that may still be written to; nothing when it is empty. */
  static void draw(Path log, Path svg) {
    Losses losses = TrainLog.read(log);
    if (losses.training().isEmpty() && losses.validation().isEmpty()) {
      return;
    }
    byte[] bytes = svg(losses).getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.write(svg, out -> out.write(bytes));
    } catch (IOException e) {
      throw new SaccadeException("cannot write %s: %s".formatted(svg, e), e);
    }
  }

  static String svg(Losses losses) {
    List<Point> training = thinned(losses.training());
    List<Line> lines = new ArrayList<>();
    if (!training.isEmpty()) {
      lines.add(line("single steps", training, Line.Style.BACKGROUND));
      lines.add(line("training", thinned(smoothed(losses.training())), Line.Style.LINE));
    }
    if (!losses.validation().isEmpty()) {
      lines.add(line("validation", losses.validation(), Line.Style.DOTTED_LINE));
    }
    long last =
        Stream.concat(losses.training().stream(), losses.validation().stream())
            .mapToLong(Point::step)
            .max()
            .orElse(1);
    double[] seen =
        lines.stream().flatMap(line -> line.points().stream()).mapToDouble(Line.Point::y).toArray();
    return new LinePlot(
            "Loss",
            Axis.linear("steps", 0, (double) last),
            Axis.linear(
                "mean over positions",
                Arrays.stream(seen).min().orElse(0),
                Arrays.stream(seen).max().orElse(1)),
            lines)
        .svg();
  }

  private static Line line(String name, List<Point> points, Line.Style style) {
    return new Line(
        name,
        points.stream().map(point -> new Line.Point((double) point.step(), point.loss())).toList(),
        style);
  }

  /** The mean of the steps around each, as many before as after it, so that nothing lags. */
  private static List<Point> smoothed(List<Point> points) {
    double[] sums = new double[points.size() + 1];
    for (int i = 0; i < points.size(); i++) {
      sums[i + 1] = sums[i] + points.get(i).loss();
    }
    List<Point> smooth = new ArrayList<>();
    for (int i = 0; i < points.size(); i++) {
      int widest = (int) (points.size() * SIDE);
      int side = Math.min(widest, Math.min(i, points.size() - 1 - i));
      double mean = (sums[i + side + 1] - sums[i - side]) / (2 * side + 1);
      smooth.add(new Point(points.get(i).step(), mean));
    }
    return smooth;
  }

  /** The means of as many equal parts as can be seen; all points when they are few. */
  private static List<Point> thinned(List<Point> points) {
    int part = (points.size() + POINTS - 1) / POINTS;
    List<Point> thin = new ArrayList<>();
    for (int from = 0; from < points.size(); from += part) {
      List<Point> together = points.subList(from, Math.min(points.size(), from + part));
      thin.add(
          new Point(
              together.get(together.size() - 1).step(),
              together.stream().mapToDouble(Point::loss).average().orElseThrow()));
    }
    return thin;
  }
}
