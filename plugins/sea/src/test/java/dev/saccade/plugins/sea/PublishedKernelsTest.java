package dev.saccade.plugins.sea;

import dev.saccade.api.option.Options;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rule by which a column keeps at most k keys against what the published GPU kernels keep, and
 * what comes of it. They differ from the rest of the published code in padding and oversampling,
 * which they ignore, so cases with either have nothing to compare.
 */
class PublishedKernelsTest {

  private static final GoldenFolder FOLDER = SeaCase.layers();
  private static final GoldenReport REPORT = new GoldenReport("At most k keys a column", FOLDER);

  static List<SeaCase> published() {
    return SeaCase.in(FOLDER);
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void keys_weights_and_context_are_those_of_the_kernels(SeaCase golden) {
    String reason = whyNot(golden);
    if (!reason.isEmpty()) {
      REPORT.check(
          golden.golden(),
          Set.of("csr."),
          compared ->
              golden.golden().names().stream()
                  .filter(name -> name.startsWith("csr."))
                  .forEach(name -> compared.leaveOut(name, reason)));
      return;
    }
    Map<String, String> options = new HashMap<>(golden.options());
    options.put("keys", "at-most-k");
    options.put("scale", "nothing");
    GoldenLayer layer = GoldenLayer.of(golden, Options.parse(SeaOptions.SCHEMA, options));
    Map<String, SDVariable> steps =
        PublishedNames.of(layer.graph(), layer.options(), layer.steps());
    steps
        .keySet()
        .retainAll(Set.of("x.partial_mask_t", "x.partial_attention_probs", "x.context_layer"));
    steps.put("columns", layer.steps().toKeys().column());

    Map<String, INDArray> computed = layer.graph().evaluate(steps);

    PublishedRows rows =
        PublishedRows.of(
            step(computed, "x.partial_mask_t"),
            step(computed, "x.partial_attention_probs"),
            step(computed, "columns"));
    REPORT.check(
        golden.golden(),
        Set.of("csr."),
        compared -> {
          compared.tensor("csr.partial_mask_t", step(computed, "x.partial_mask_t"));
          compared.tensor(
              "csr.context_layer",
              step(computed, "x.context_layer"),
              golden.golden().allowed("x.context_layer"));
          compared.tensor("csr.crow", rows.pointers());
          compared.tensor("csr.col", rows.columns());
          compared.tensor("csr.values_final", rows.values());
        });
  }

  private static String whyNot(SeaCase golden) {
    if (golden.padded()) {
      return "the kernels ignore padding";
    }
    if (golden.oversampled()) {
      return "the kernels do not thin out what is oversampled";
    }
    if (golden.tied()) {
      return "equal estimates compete, and any may be kept";
    }
    int width = golden.golden().config("attention_predictor_length").asInt();
    int length = golden.golden().config("T").asInt();
    return bordersAgree(width, length)
        ? ""
        : "the kernels round the borders of columns otherwise where M is no power of two";
  }

  /** Whether {@link ColumnsToKeys} puts every key where {@link Thinning} has its column. */
  private static boolean bordersAgree(int width, int longest) {
    for (int length = 1; length <= longest; length++) {
      float perColumn = (float) length / width;
      for (int key = 0; key < length; key++) {
        float column = (float) Math.floor((key + 0.5f) / length * width - 1e-4f);
        if (key < Math.floor(Math.max(column, 0) * perColumn + 0.5f)
            || key >= Math.floor((Math.max(column, 0) + 1) * perColumn + 0.5f)) {
          return false;
        }
      }
    }
    return true;
  }

  private static INDArray step(Map<String, INDArray> computed, String name) {
    return Objects.requireNonNull(computed.get(name), name);
  }
}
