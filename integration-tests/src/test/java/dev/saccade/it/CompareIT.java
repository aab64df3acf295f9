package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.it.Cli.Result;
import dev.saccade.runtime.host.TestBundle;
import dev.saccade.runtime.report.HeadlessChromium;
import dev.saccade.runtime.report.HeadlessChromium.Light;
import dev.saccade.runtime.report.HeadlessChromium.Visit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The main job, once, by the launcher: all that is installed on the real model and the real text,
 * beside mechanisms that refuse or break.
 */
class CompareIT {

  private static final List<String> ARGUMENTS =
      List.of("--plugins=plugins", "--seed=7", "--option=sea.k=5");

  @TempDir static Path directory;

  private static Result result;
  private static JsonNode report;

  @BeforeAll
  static void compare() throws Exception {
    Path plugins = Files.createDirectory(directory.resolve("plugins"));
    bundle("causalonly", "withMaskings(Masking.CAUSAL).withElementTypes(ElementType.F64)", "mixed")
        .writeTo(plugins.resolve("causalonly.jar"));
    bundle("throwing", "withMaskings(Masking.PADDING)", "broken(mixed)")
        .writeTo(plugins.resolve("throwing.jar"));
    bundle("yieldsnan", "withMaskings(Masking.PADDING)", "mixed.mul(Double.NaN)")
        .writeTo(plugins.resolve("yieldsnan.jar"));
    bundle("lacksclass", "withMaskings(Masking.PADDING)", "plugin.gone.Gone.from(mixed)")
        .writeTo(plugins.resolve("lacksclass.jar"));
    result = run("report");
    report = read("report");
  }

  @Test
  void ends_with_1_since_something_broke_and_prints_all_of_it() {
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out())
        .contains(" softmax ", " linear ", " sea ", "causalonly refused:", "throwing failed:")
        .contains("Report: report/report.html");
    assertThat(result.out().lines()).allMatch(line -> line.length() <= 100);
    assertThat(result.err()).contains("[100 %] done").doesNotContain("\tat ");
  }

  @Test
  void the_report_says_on_what_it_was_measured_and_how_to_repeat_it() {
    assertThat(report.path("command").asText())
        .startsWith("saccade compare ")
        .contains("--option=sea.k=5");
    assertThat(report.path("seed").asLong()).isEqualTo(7);
    assertThat(report.path("saccadeVersion").asText()).matches("\\d+\\.\\d+\\.\\d+.*");
    JsonNode environment = report.path("environment");
    assertThat(environment.path("java").asText()).isEqualTo(System.getProperty("java.version"));
    assertThat(environment.path("nd4j").asText()).isEqualTo("1.0.0-M2.1");
    assertThat(environment.path("os").asText()).contains(System.getProperty("os.arch"));
    assertThat(environment.path("processor").asText()).isNotBlank();
    assertThat(environment.path("cores").asInt()).isPositive();
    assertThat(environment.path("threads").asInt()).isPositive();
    assertThat(environment.path("memoryBytes").asLong()).isGreaterThan(1L << 28);
    assertThat(report.path("model").path("name").asText()).isEqualTo("all-MiniLM-L6-v2 (int8)");
    assertThat(report.path("model").path("layers").asInt()).isEqualTo(6);
    assertThat(report.path("model").path("parameters").asLong())
        .isBetween(22_000_000L, 23_000_000L);
    assertThat(report.path("text").path("name").asText()).isEqualTo("State of the Union addresses");
    assertThat(report.path("text").path("passages").asInt()).isEqualTo(1);
    assertThat(report.path("text").path("tokens").asInt()).isEqualTo(128);
  }

  @Test
  void every_mechanism_is_there_with_its_figures_or_its_reasons() {
    assertThat(report.path("mechanisms").findValuesAsText("name"))
        .startsWith("softmax")
        .contains("linear", "sea", "causalonly", "throwing", "yieldsnan", "lacksclass");
    for (String name : List.of("softmax", "linear", "sea")) {
      JsonNode compared = mechanism(name);
      assertThat(compared.path("status").asText()).as(name).isEqualTo("compared");
      assertThat(compared.path("version").asText()).as(name).matches("\\d+\\.\\d+\\.\\d+.*");
      assertThat(compared.path("reasons")).as(name).isEmpty();
      assertThat(compared.path("maps")).as(name).isNotEmpty();
      for (String curve : List.of("latency", "layerLatency")) {
        JsonNode point = compared.path(curve).path(0);
        assertThat(point.path("length").asInt()).isEqualTo(curve.equals("latency") ? 16 : 32);
        assertThat(point.path("medianMillis").asDouble()).as(name).isPositive();
        assertThat(point.path("peakBytes").asLong()).as(name).isPositive();
      }
    }
    assertThat(mechanism("sea").path("options").path("k").asText()).isEqualTo("5");
  }

  @Test
  void exact_attention_errs_by_nothing_and_the_others_by_something() {
    JsonNode exact = mechanism("softmax").path("fidelity");

    assertThat(exact.path("hiddenError").asDouble(Double.NaN)).isZero();
    assertThat(exact.path("contextError").asDouble(Double.NaN)).isZero();
    assertThat(exact.path("attentionDistance").asDouble(Double.NaN)).isZero();
    assertThat(exact.path("layers")).hasSize(6);
    for (String name : List.of("linear", "sea")) {
      JsonNode fidelity = mechanism(name).path("fidelity");
      assertThat(fidelity.path("hiddenError").asDouble()).as(name).isBetween(0.01, 10.0);
      assertThat(fidelity.path("attentionDistance").asDouble()).as(name).isBetween(0.01, 1.0);
    }
  }

  @Test
  void a_mechanism_that_refuses_gives_every_reason() {
    JsonNode refused = mechanism("causalonly");

    assertThat(refused.path("status").asText()).isEqualTo("refused");
    assertThat(refused.path("reasons"))
        .extracting(JsonNode::asText)
        .containsExactly(
            "masking PADDING is not one of [CAUSAL]", "element type F32 is not one of [F64]");
    assertThat(refused.path("fidelity").isNull()).isTrue();
  }

  @Test
  void one_that_breaks_has_failed_with_what_it_threw() {
    assertFailed("throwing", "java.lang.IllegalStateException: out of ideas");
    assertFailed("yieldsnan", "are not finite numbers");
    assertFailed("lacksclass", "java.lang.NoClassDefFoundError: plugin/gone/Gone");
  }

  @Test
  void the_same_seed_gives_the_same_fidelity() throws Exception {
    run("again");

    JsonNode again = read("again");

    for (String name : List.of("softmax", "linear", "sea")) {
      assertThat(mechanism(again, name).path("fidelity"))
          .as(name)
          .isEqualTo(mechanism(name).path("fidelity"));
    }
    assertThat(again.path("sample")).isEqualTo(report.path("sample"));
  }

  @ParameterizedTest
  @EnumSource(Light.class)
  void the_page_draws_its_charts_and_maps(Light light) throws Exception {
    Path workspace = Files.createTempDirectory(directory, "browser");
    Optional<HeadlessChromium> chromium = HeadlessChromium.find(workspace);
    assumeTrue(chromium.isPresent(), "no chromium on the PATH");

    Visit visit =
        chromium
            .orElseThrow()
            .visit(
                directory.resolve("report/report.html"),
                light,
                """
                for (const canvas of document.querySelectorAll("canvas")) {
                  const { data } =
                      canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
                  const probe = document.createElement("i");
                  probe.dataset.canvas = canvas.id || canvas.dataset.map || "thumbnail";
                  probe.dataset.colours = new Set(new Uint32Array(data.buffer)).size;
                  document.body.append(probe);
                }
                """);

    assertThat(visit.console()).isEmpty();
    for (String canvas : List.of("softmax", "linear", "sea", "model-time", "layer-time")) {
      assertThat(coloursOf(visit, canvas)).as(canvas).hasSize(1).allMatch(count -> count > 8);
    }
    assertThat(coloursOf(visit, "thumbnail")).isNotEmpty().allMatch(count -> count > 8);
    assertThat(visit.document()).contains("causalonly", "out of ideas");
  }

  private static void assertFailed(String name, String reason) {
    assertThat(mechanism(name).path("status").asText()).as(name).isEqualTo("failed");
    assertThat(mechanism(name).path("reasons"))
        .singleElement()
        .extracting(JsonNode::asText)
        .asString()
        .contains(reason);
  }

  private static Result run(String out) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(ARGUMENTS);
    arguments.add("--out=" + out);
    return Cli.in(directory).compare(arguments.toArray(String[]::new));
  }

  private static JsonNode read(String out) throws IOException {
    return new ObjectMapper().readTree(directory.resolve(out).resolve("report.json").toFile());
  }

  private static JsonNode mechanism(String name) {
    return mechanism(report, name);
  }

  private static JsonNode mechanism(JsonNode report, String name) {
    for (JsonNode each : report.path("mechanisms")) {
      if (each.path("name").asText().equals(name)) {
        return each;
      }
    }
    throw new AssertionError("the report lacks " + name);
  }

  private static List<Integer> coloursOf(Visit visit, String canvas) {
    return Pattern.compile("data-canvas=\"" + canvas + "\" data-colours=\"(\\d+)\"")
        .matcher(visit.document())
        .results()
        .map(match -> Integer.valueOf(match.group(1)))
        .toList();
  }

  /** A mechanism that adds {@code expression} to the graph, in a bundle that lacks one class. */
  private static TestBundle bundle(String name, String capabilities, String expression) {
    return TestBundle.named("test." + name, "1.2.3")
        .imports("dev.saccade.api,dev.saccade.api.option,org.nd4j.autodiff.samediff")
        .without(
            "package plugin.gone; public final class Gone {"
                + " public static org.nd4j.autodiff.samediff.SDVariable from("
                + "org.nd4j.autodiff.samediff.SDVariable value) { return value; } }")
        .component(
            """
            package plugin.%1$s;

            import dev.saccade.api.*;
            import dev.saccade.api.option.Options;
            import org.nd4j.autodiff.samediff.SDVariable;

            public final class Mechanism implements AttentionMechanism {
              public String name() {
                return "%1$s";
              }
              public String summary() {
                return "a mechanism of the tests";
              }
              public Capabilities capabilities() {
                return Capabilities.growing(Growth.linear("T"), Growth.linear("T")).%2$s;
              }
              public AttentionLayer layer(AttentionSpec spec, Options options) {
                return (graph, query, key, value, mask) -> {
                  SDVariable scores = graph.sameDiff().mmul(query, key, false, true, false);
                  SDVariable mixed = graph.math().softmax(scores.add(mask.bias())).mmul(value);
                  return AttentionOutput.of(%3$s);
                };
              }
              private static SDVariable broken(SDVariable value) {
                throw new IllegalStateException("out of ideas");
              }
            }
            """
                .formatted(name, capabilities, expression));
  }
}
