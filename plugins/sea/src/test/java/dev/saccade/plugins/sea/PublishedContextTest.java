package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The kernels against what the published implementation computed, with and without causal mask. */
class PublishedContextTest {

  private static final String CONTEXT = "x.partial_context_after_mix";

  private static final GoldenFolder FOLDER = SeaCase.layers();

  static List<SeaCase> published() {
    // Which of equal estimates are kept is anyone's choice.
    return SeaCase.in(FOLDER).stream().filter(each -> !each.tied()).toList();
  }

  static Stream<Arguments> trials() {
    return published().stream()
        .flatMap(
            golden ->
                Stream.of(Arithmetic.values()).map(arithmetic -> Arguments.of(golden, arithmetic)));
  }

  @Test
  void there_are_cases_of_both_kinds() {
    assertThat(published()).filteredOn(SeaCase::causal).hasSizeGreaterThanOrEqualTo(5);
    assertThat(published()).filteredOn(each -> !each.causal()).hasSizeGreaterThanOrEqualTo(5);
  }

  @ParameterizedTest
  @MethodSource("trials")
  void the_context_is_as_published(SeaCase golden, Arithmetic arithmetic) {
    String kernel = arithmetic.name().toLowerCase(Locale.ROOT);
    assertContextIsAsPublished(golden, kernel, SeaInRuntimeTest.KERNELS);
  }

  static void assertContextIsAsPublished(SeaCase golden, String kernel, PluginKernels kernels) {
    INDArray query = golden.tensor("in.q");
    Map<String, String> options = new HashMap<>(golden.options());
    options.put("kernel", kernel);

    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = SeaInRuntimeTest.slot(golden, options, parameters, kernels);
        SingleLayer layer =
            new SingleLayer(slot, LayerSize.self(query.size(0), query.size(2)), Set.of());
        GraphOutputs seen = layer.run(SeaInRuntimeTest.inputs(golden))) {

      assertClose(
          golden.toString(),
          seen.get(SingleLayer.CONTEXT),
          golden.tensor(CONTEXT),
          golden.golden().allowed(CONTEXT));
    }
  }
}
