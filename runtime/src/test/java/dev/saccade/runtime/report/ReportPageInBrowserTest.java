package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.saccade.runtime.report.HeadlessChromium.Light;
import dev.saccade.runtime.report.HeadlessChromium.Visit;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Opens the page in a real browser; skipped where there is no Chromium. */
class ReportPageInBrowserTest {

  /** Counts the colours of every canvas, so that a blank one is known by having only one. */
  private static final String COUNT_COLOURS =
      """
      for (const canvas of document.querySelectorAll("canvas")) {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set(new Uint32Array(data.buffer)).size;
        const probe = document.createElement("i");
        probe.dataset.canvas = canvas.id || canvas.dataset.map || "thumbnail";
        probe.dataset.colours = colours;
        document.body.append(probe);
      }
      document.body.dataset.scheme =
          matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      document.body.dataset.paper = getComputedStyle(document.body).backgroundColor;
      """;

  @TempDir Path workspace;
  private HeadlessChromium chromium;

  @BeforeEach
  void find_the_browser() {
    Optional<HeadlessChromium> found = HeadlessChromium.find(workspace);
    assumeTrue(found.isPresent(), "no chromium on the PATH");
    chromium = found.orElseThrow();
  }

  @ParameterizedTest
  @EnumSource(Light.class)
  void draws_every_map_and_chart_without_a_word_on_the_console(Light light) throws Exception {
    Path page = page(SampleReports.comparison());

    Visit visit = chromium.visit(page, light, COUNT_COLOURS);

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document())
        .contains("data-scheme=\"" + (light == Light.DARK ? "dark" : "light") + "\"");
    assertThat(coloursOf(visit, "thumbnail")).hasSize(6).allMatch(count -> count > 8);
    for (String canvas :
        new String[] {
          "softmax",
          "linear",
          "sea",
          "model-time",
          "layer-time",
          "model-memory",
          "layer-memory",
          "layer-hidden",
          "layer-context"
        }) {
      assertThat(coloursOf(visit, canvas)).as(canvas).hasSize(1).allMatch(count -> count > 8);
    }
  }

  private Path page(Report report) {
    ReportWriter writer = new ReportWriter(workspace.resolve("report"));
    writer.write(report);
    return writer.html();
  }

  private static List<Integer> coloursOf(Visit visit, String canvas) {
    return Pattern.compile("data-canvas=\"" + canvas + "\" data-colours=\"(\\d+)\"")
        .matcher(visit.document())
        .results()
        .map((MatchResult match) -> Integer.valueOf(match.group(1)))
        .toList();
  }
}
