package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Parameter;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Every step, in both modes, against what the published implementation computed. */
class PublishedStepsTest {

  /** Counts are whole numbers, though stored as float32. */
  private static final String COUNT = "x.per_item_top_k";

  /**
   * What a group keeps, before rows are cleared; torch chooses freely among the zeros of padding.
   */
  private static final String WINNERS = "x.topk_alive_m_raw";

  private static final Set<String> INPUTS =
      Set.of(
          "in.q", "in.k", "in.v", "in.attention_mask", "in.teacher_scores", "in.teacher_context");

  /** Where estimates are equal, any of them may be kept, and these depend on which. */
  private static final Set<String> AFTER_A_TIE =
      Set.of(
          "x.topk_mask_m",
          "x.partial_mask_t",
          "x.partial_attention_probs_before_scaler",
          "x.partial_attention_probs",
          "x.partial_context_before_mix",
          "x.partial_context_after_mix",
          "x.context_layer");

  private static final GoldenFolder FOLDER = SeaCase.layers();
  private static final GoldenReport REPORT = new GoldenReport("Steps of SEA", FOLDER);

  static List<SeaCase> published() {
    return SeaCase.in(FOLDER);
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void every_step_is_as_published(SeaCase golden) {
    GoldenLayer layer = GoldenLayer.of(golden);
    Map<String, SDVariable> steps =
        PublishedNames.of(layer.graph(), layer.options(), layer.steps());
    steps.keySet().retainAll(golden.golden().names());
    Map<String, INDArray> computed = layer.graph().evaluate(steps);

    REPORT.check(
        golden.golden(),
        Set.of("x."),
        compared -> {
          compared.leaveOut("x.top_k_elems", "the greatest of the counts, which are compared");
          computed.forEach(
              (step, actual) -> {
                INDArray expected = golden.tensor(step);
                if (step.equals(WINNERS)) {
                  assertThat(actual.sum(-1).data().asDouble())
                      .as("winners of each group")
                      .containsExactly(expected.reshape(actual.shape()).sum(-1).data().asDouble());
                  compared.leaveOut(step, "which zeros of padding win is chance; counted instead");
                } else if (golden.tied() && AFTER_A_TIE.contains(step)) {
                  compared.leaveOut(step, "equal estimates compete, and any may be kept");
                } else {
                  double allowed = step.equals(COUNT) ? 0 : golden.golden().allowed(step);
                  compared.tensor(step, inShapeOf(expected, actual), allowed);
                }
              });
        });
  }

  @ParameterizedTest
  @MethodSource("published")
  void every_weight_is_a_parameter_and_every_input_is_known(SeaCase golden) {
    SeaOptions options = GoldenLayer.options(golden);
    Set<String> known = new LinkedHashSet<>(INPUTS);
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      known.add(golden.weight(parameter, options));
    }

    assertThat(golden.golden().names())
        .filteredOn(name -> name.startsWith("w.") || name.startsWith("in."))
        .filteredOn(name -> !name.endsWith(".weight_mask")) // says which rows look ahead
        .isSubsetOf(known);
    assertThat(golden.golden().names())
        .allMatch(name -> name.matches("(w|in|x|loss|g|csr)\\..*"), "is a tensor we know of");
  }

  /** Sequences and queries that are alike are computed once and stored each. */
  static INDArray inShapeOf(INDArray expected, INDArray actual) {
    if (actual.length() == expected.length()) {
      return actual.reshape(expected.shape());
    }
    int missing = expected.rank() - actual.rank();
    long[] shape = Arrays.copyOf(actual.shape(), expected.rank());
    Arrays.fill(shape, actual.rank(), actual.rank() + missing, 1);
    return actual.reshape(shape).broadcast(Nd4j.create(actual.dataType(), expected.shape()));
  }
}
