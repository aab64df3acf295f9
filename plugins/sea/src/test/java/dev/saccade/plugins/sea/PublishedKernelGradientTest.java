package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Parameter;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The fastest kernel's way back against the gradients that PyTorch computed on the published
 * implementation without a causal mask. The kernel answers for the context's term; the others
 * compare matrices and are the recipe's.
 */
class PublishedKernelGradientTest {

  private static final GoldenFolder FOLDER = SeaCase.layers();

  static List<SeaCase> published() {
    // Which of equal estimates are kept is anyone's choice.
    return SeaCase.in(FOLDER).stream()
        .filter(each -> !each.causal() && !each.tied() && each.golden().has("g.q"))
        .toList();
  }

  @Test
  void there_are_cases() {
    assertThat(published()).hasSizeGreaterThanOrEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("published")
  void gradients_are_as_published(SeaCase golden) {
    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = SeaInRuntimeTest.slot(golden, golden.options(), parameters)) {
      Map<String, INDArray> gradients =
          RuntimeGradientTest.inRuntime(
              golden, slot, (graph, output) -> total(golden, graph, output));

      names(golden, SeaOptions.from(slot.options()))
          .forEach(
              (variable, name) ->
                  assertClose(
                      name,
                      Objects.requireNonNull(gradients.get(variable)),
                      golden.tensor(name),
                      golden.golden().allowed(name)));
    }
  }

  private static SDVariable total(SeaCase golden, SameDiff graph, AttentionOutput output) {
    SDVariable total = graph.constant(0f);
    for (LossTerm term :
        output.objective().orElseThrow().terms(GoldenTeacher.of(golden, graph, DataType.FLOAT))) {
      total = total.add(term.value().mul(term.weight()));
    }
    return total;
  }

  /** The published gradients by what they are gradients of. */
  private static Map<String, String> names(SeaCase golden, SeaOptions options) {
    Map<String, String> names = new LinkedHashMap<>();
    names.put(SingleLayer.QUERY, "g.q");
    names.put(SingleLayer.KEY, "g.k");
    names.put(SingleLayer.VALUE, "g.v");
    for (Parameter parameter : SeaParameters.of(golden.spec(), options)) {
      if (parameter.update() instanceof Parameter.Trained) {
        names.put(parameter.name(), "g." + golden.weight(parameter, options));
      }
    }
    return names;
  }
}
