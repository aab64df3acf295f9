package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.train.TrainLog.Losses;
import dev.saccade.runtime.train.TrainLog.Point;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class LossCurveTest {

  @TempDir Path directory;

  private static Losses losses(int steps) {
    Random random = new Random(1);
    Losses losses = new Losses(new ArrayList<>(), new ArrayList<>());
    for (int step = 1; step <= steps; step++) {
      double loss = 3 + 5 * Math.exp(-5.0 * step / steps);
      losses.training().add(new Point(step, loss + 0.3 * random.nextGaussian()));
      if (step % (steps / 5) == 0) {
        losses.validation().add(new Point(step, loss + 0.2));
      }
    }
    return losses;
  }

  private static Document parsed(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<double[]> polyline(Document svg, int index) {
    NodeList lines = svg.getElementsByTagName("polyline");
    List<double[]> points = new ArrayList<>();
    for (String point : ((Element) lines.item(index)).getAttribute("points").split(" ", -1)) {
      String[] coordinates = point.split(",", -1);
      points.add(
          new double[] {Double.parseDouble(coordinates[0]), Double.parseDouble(coordinates[1])});
    }
    return points;
  }

  private static double roughness(List<double[]> points) {
    double sum = 0;
    for (int i = 1; i < points.size(); i++) {
      sum += Math.abs(points.get(i)[1] - points.get(i - 1)[1]);
    }
    return sum / points.size();
  }

  @Test
  void shows_every_evaluation_the_steps_and_a_smoother_line() throws Exception {
    Document svg = parsed(LossCurve.svg(losses(500)));

    assertThat(svg.getElementsByTagName("circle").getLength()).isEqualTo(5);
    assertThat(svg.getElementsByTagName("polyline").getLength()).isEqualTo(3);
    assertThat(roughness(polyline(svg, 1))).isLessThan(roughness(polyline(svg, 0)) / 3);
    // The first step is higher up than the last, and further left.
    assertThat(polyline(svg, 1).get(0)[1]).isLessThan(polyline(svg, 1).get(499)[1] - 100);
    assertThat(polyline(svg, 1).get(0)[0]).isLessThan(polyline(svg, 1).get(499)[0] - 400);
  }

  @Test
  void a_long_run_is_drawn_in_as_many_points_as_can_be_seen() throws Exception {
    Document svg = parsed(LossCurve.svg(losses(100_000)));

    assertThat(polyline(svg, 0)).hasSizeBetween(300, 600);
    assertThat(polyline(svg, 1)).hasSizeBetween(300, 600);
  }

  @Test
  void a_log_of_a_single_step_is_drawn() throws Exception {
    Losses single = new Losses(List.of(new Point(1, 3)), List.of());

    Document svg = parsed(LossCurve.svg(single));

    assertThat(polyline(svg, 0)).hasSize(1);
    assertThat(polyline(svg, 0).get(0)).doesNotContain(Double.NaN);
  }

  @Test
  void an_empty_log_is_not_drawn() throws Exception {
    Path log = Files.createFile(directory.resolve("log.jsonl"));

    LossCurve.draw(log, directory.resolve("loss.svg"));

    assertThat(directory.resolve("loss.svg")).doesNotExist();
  }
}
