package dev.saccade.runtime.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.saccade.runtime.report.HeadlessChromium.Light;
import dev.saccade.runtime.report.HeadlessChromium.Visit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
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

  @Test
  void follows_the_arrow_keys_in_every_map_at_once() throws Exception {
    Visit visit =
        chromium.visit(
            page(SampleReports.comparison()),
            Light.LIGHT,
            """
            document.querySelectorAll("#heads button")[5].click();
            const map = document.querySelector("canvas[data-map=sea]");
            for (const key of ["ArrowUp", "ArrowLeft"]) {
              for (let i = 0; i < 30; i++) {
                map.dispatchEvent(new KeyboardEvent("keydown", { key }));
              }
            }
            map.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" }));
            const text = (selector) =>
                [...document.querySelectorAll(selector)].map((e) => e.textContent).join(" ");
            document.body.dataset.picked = text("#picked");
            document.body.dataset.readout = text("#readout b");
            document.body.dataset.weights = text(".map .weight");
            document.body.dataset.asker = text(".ask [aria-checked=true]");
            """);

    String expected =
        SampleReports.comparison().mechanisms().stream()
            .filter(m -> !m.maps().isEmpty())
            .map(m -> String.format(Locale.ROOT, "%.3f", m.maps().get(5).rows().get(1).get(0)))
            .collect(Collectors.joining(" "));
    assertThat(visit.console()).isEmpty();
    assertThat(visit.document())
        .contains("data-picked=\"layer 1, head 2\"")
        .contains("data-readout=\"the [CLS]\"")
        .contains("data-weights=\"" + expected + "\"")
        .contains("data-asker=\"the\"");
  }

  @Test
  void shades_the_sentence_for_the_word_that_is_clicked() throws Exception {
    Visit visit =
        chromium.visit(
            page(SampleReports.comparison()),
            Light.LIGHT,
            """
            document.querySelectorAll("#ask button")[9].click();
            document.body.dataset.askers =
                [...document.querySelectorAll(".answer .asker")].map((e) => e.textContent).join(" ");
            const shades = [...document.querySelectorAll("#answers .answer:first-child .sentence span")]
                .map((e) => e.style.backgroundColor);
            document.body.dataset.shades = new Set(shades).size;
            """);

    assertThat(visit.document()).contains("data-askers=\"the the the\"");
    assertThat(visit.document()).doesNotContain("data-shades=\"1\"");
  }

  @Test
  void turns_dark_at_the_press_of_a_button() throws Exception {
    Visit visit =
        chromium.visit(
            page(SampleReports.comparison()),
            Light.LIGHT,
            "document.getElementById('theme').click();" + COUNT_COLOURS);

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document())
        .contains("data-scheme=\"light\"", "data-paper=\"rgb(21, 23, 27)\"");
  }

  @Test
  void prints_on_white_paper_and_is_dark_again_after() throws Exception {
    Visit visit =
        chromium.visit(
            page(SampleReports.comparison()),
            Light.DARK,
            """
            const paper = () => getComputedStyle(document.body).backgroundColor;
            window.dispatchEvent(new Event("beforeprint"));
            document.body.dataset.printed = paper();
            window.dispatchEvent(new Event("afterprint"));
            document.body.dataset.after = paper();
            """);

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document())
        .contains("data-printed=\"rgb(253, 253, 251)\"", "data-after=\"rgb(21, 23, 27)\"");
  }

  @Test
  void stays_within_a_narrow_window() throws Exception {
    // Chromium makes no window this narrow, but a frame.
    String measure =
        """
        <script>
        document.querySelectorAll("details").forEach((e) => (e.open = true));
        parent.document.body.dataset.widths =
            document.documentElement.scrollWidth + " of " + window.innerWidth;
        </script></body>
        """;
    String page = Files.readString(page(SampleReports.comparison()));
    Path frame = workspace.resolve("frame.html");
    Files.writeString(
        frame,
        "<body><iframe style='width: 380px; height: 9000px; border: 0' srcdoc=\"%s\"></iframe></body>"
            .formatted(Html.escape(page.replace("</body>", measure))));

    Visit visit = chromium.visit(frame, Light.LIGHT, "");

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document()).contains("data-widths=\"380 of 380\"");
  }

  @Test
  void runs_nothing_that_a_name_or_a_token_says() throws Exception {
    String hostile = "<img src=x onerror='document.title=\"hacked\"'></script><script>hack()//";
    MechanismResult sea = SampleReports.sea();
    MechanismResult renamed =
        new MechanismResult(
            hostile,
            hostile,
            hostile,
            hostile,
            sea.status(),
            sea.reasons(),
            Map.of(hostile, hostile),
            sea.exact(),
            hostile,
            hostile,
            sea.fidelity(),
            sea.latency(),
            sea.layerLatency(),
            sea.maps(),
            List.of(new KernelUse(hostile, hostile, List.of(hostile))));
    Report report =
        SampleReports.with(
            List.of(SampleReports.softmax(), renamed),
            new Report.Sample(Collections.nCopies(SampleReports.TOKENS.size(), hostile)));

    Visit visit = chromium.visit(page(report), Light.LIGHT, COUNT_COLOURS);

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document()).doesNotContain("<title>hacked", "<img");
    assertThat(coloursOf(visit, "softmax")).hasSize(1).allMatch(count -> count > 8);
  }

  @Test
  void copes_with_mechanisms_that_show_no_map_and_were_not_timed() throws Exception {
    Report report =
        SampleReports.with(
            List.of(
                SampleReports.compared("softmax", SampleReports.withCosine(1), List.of()),
                SampleReports.reformer()));

    Visit visit = chromium.visit(page(report), Light.DARK, COUNT_COLOURS);

    assertThat(visit.console()).isEmpty();
    assertThat(visit.document()).contains("showed its attention matrix", "Not measured.");
    assertThat(coloursOf(visit, "layer-hidden")).hasSize(1).allMatch(count -> count > 8);
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
