package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.conformance.golden.GoldenCase;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Every baseline of SEA's paper against what its published implementation computed: those in the
 * resources, or with {@code -Dgolden.dir=DIR} those in DIR/baselines.
 */
class PublishedBaselinesTest {

  /** The same result by a float64 run of the published implementation. */
  private static final String IN_DOUBLE = "f64.";

  private static final GoldenFolder FOLDER =
      GoldenFolder.of("baselines", PublishedBaselinesTest.class).ofKinds(GoldenFamily.KINDS);

  private static final GoldenReport REPORT = new GoldenReport("Baselines", FOLDER);

  static List<GoldenCase> published() {
    return FOLDER.cases();
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void every_result_is_as_published(GoldenCase golden) {
    Map<String, INDArray> computed = GoldenFamily.of(golden).compute(golden);

    REPORT.check(
        golden,
        Set.of("x.", "out.", IN_DOUBLE),
        compared ->
            golden
                .names()
                .forEach(
                    name -> {
                      INDArray actual = computed.get(name.replace(IN_DOUBLE, ""));
                      if (actual != null) {
                        compared.tensor(name, actual);
                      }
                    }));
    assertThat(golden.names())
        .allMatch(name -> name.matches("(w|in|x|out|f64)\\..*"), "is a tensor we know of");
  }

  @Test
  void the_resources_have_cases_of_every_mechanism() {
    assertThat(
            GoldenFolder.amongResources("baselines", PublishedBaselinesTest.class).cases().stream()
                .map(GoldenFamily::of))
        .contains(GoldenFamily.values());
  }
}
