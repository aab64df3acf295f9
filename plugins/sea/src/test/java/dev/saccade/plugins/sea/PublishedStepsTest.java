package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Every step, in both modes, against what the published implementation computed. A few cases are in
 * the resources; {@code -Dgolden.dir=FOLDER} runs all those in FOLDER/sea.
 */
class PublishedStepsTest {

  private static final Set<String> EXACT =
      Set.of("x.per_item_top_k", "x.topk_mask_m", "x.partial_mask_t");

  /** Worked out on the way there from others that are compared: the greatest count. */
  private static final Set<String> NO_STEP = Set.of("x.top_k_elems");

  /** What can be said where equal estimates compete: everything up to the choice, and its size. */
  private static final Set<String> AFTER_A_TIE =
      Set.of(
          "x.topk_mask_m",
          "x.partial_mask_t",
          "x.partial_attention_probs_before_scaler",
          "x.partial_attention_probs",
          "x.partial_context_before_mix",
          "x.partial_context_after_mix",
          "x.context_layer");

  /** Exact but for groups of zeros, the rows of padding, which torch breaks ties among. */
  private static final String WINNERS = "x.topk_alive_m_raw";

  /** The reference hides scores by greater numbers than any score. */
  private static final double HIDDEN = 1e30;

  private static final GoldenReport REPORT = new GoldenReport("Steps");

  static List<Path> published() {
    return GoldenCase.manifests("sea");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close(published());
  }

  @ParameterizedTest
  @MethodSource("published")
  void every_step_is_as_published(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    GoldenLayer layer = GoldenLayer.of(golden);
    Map<String, SDVariable> steps =
        PublishedNames.of(layer.graph(), layer.options(), layer.steps());
    Set<String> stored = new LinkedHashSet<>(golden.tensors().keySet());
    stored.removeIf(name -> !name.startsWith("x.") || NO_STEP.contains(name));

    assertThat(steps.keySet()).as("steps").containsAll(stored);
    steps.keySet().retainAll(stored);
    Map<String, INDArray> computed = layer.graph().evaluate(steps);

    computed.forEach(
        (step, actual) -> {
          if (step.equals(WINNERS) || (golden.tied() && AFTER_A_TIE.contains(step))) {
            return;
          }
          INDArray expected = golden.tensor(step);
          double tolerance = EXACT.contains(step) ? 0 : golden.tolerance(step);
          INDArray comparable = inShapeOf(expected, actual);
          double error =
              assertClose(
                  golden.name() + " " + step,
                  unlessHidden(expected, comparable),
                  unlessHidden(expected, expected),
                  tolerance);
          REPORT.add(golden, step, error, tolerance);
        });
    INDArray winners = Objects.requireNonNull(computed.get(WINNERS));
    INDArray expected = golden.tensor(WINNERS).reshape(winners.shape());
    assertClose("kept of each group", winners.sum(-1), expected.sum(-1), 0);
    REPORT.add(golden, WINNERS, 0, 0);
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

  private static INDArray unlessHidden(INDArray by, INDArray values) {
    INDArray shown = by.castTo(DataType.DOUBLE).gt(-HIDDEN).castTo(DataType.DOUBLE);
    INDArray finite = values.castTo(DataType.DOUBLE).dup();
    for (long i = 0; i < finite.length(); i++) {
      if (shown.getDouble(i) == 0) {
        finite.putScalar(i, 0);
      }
    }
    return finite;
  }
}
