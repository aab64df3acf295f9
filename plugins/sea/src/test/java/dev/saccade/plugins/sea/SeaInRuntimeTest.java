package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** SEA in the runtime's own graph, on its operations and in its memory. */
class SeaInRuntimeTest {

  /** Of all slots, as of one installation. */
  private static final PluginKernels KERNELS =
      PluginKernels.register("sea#test", "a test", new SeaAttention().kernels());

  private static final GoldenReport REPORT = new GoldenReport("In the runtime");

  static List<Path> published() {
    return GoldenCase.manifests("sea");
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close(published());
  }

  @ParameterizedTest
  @MethodSource("published")
  void the_context_and_what_is_shown_of_it_are_as_published(Path manifest) throws IOException {
    GoldenCase golden = GoldenCase.read(manifest);
    LayerSize size = LayerSize.self(golden.tensor("in.q").size(0), golden.tensor("in.q").size(2));
    Set<Probe> probes = Set.of(Probe.ATTENTION, Probe.ESTIMATED_ATTENTION, Probe.KEPT);

    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = slot(golden, golden.options(), parameters);
        SingleLayer layer = new SingleLayer(slot, size, probes);
        GraphOutputs seen = layer.run(inputs(golden))) {

      assertSame(
          golden,
          "x.estimated_attention_probs",
          seen.get(SingleLayer.probe(Probe.ESTIMATED_ATTENTION)),
          golden.tolerance("x.estimated_attention_probs"));
      if (golden.tied()) {
        return; // which of equal estimates are kept is anyone's choice
      }
      assertSame(golden, "x.partial_mask_t", seen.get(SingleLayer.probe(Probe.KEPT)), 0);
      for (Map.Entry<String, String> output :
          Map.of(
                  "x.partial_attention_probs",
                  SingleLayer.probe(Probe.ATTENTION),
                  "x.partial_context_after_mix",
                  SingleLayer.CONTEXT)
              .entrySet()) {
        String step = output.getKey();
        assertSame(golden, step, seen.get(output.getValue()), golden.tolerance(step));
      }
    }
  }

  /** A slot with the weights of a golden case. */
  static AttentionSlot slot(
      GoldenCase golden, Map<String, String> optionTexts, ParameterStore parameters) {
    SeaAttention sea = new SeaAttention();
    AttentionSpec spec = golden.spec();
    AttentionSlot slot =
        new SlotFactory(parameters).fill("layer.0", sea, KERNELS, spec, optionTexts);
    SeaOptions options = SeaOptions.from(slot.options());
    for (Parameter parameter : SeaParameters.of(spec, options)) {
      Objects.requireNonNull(slot.parameters().get(parameter.name()))
          .assign(golden.parameter(parameter, options));
    }
    return slot;
  }

  static Map<String, INDArray> inputs(GoldenCase golden) {
    Map<String, INDArray> inputs = new HashMap<>();
    inputs.put(SingleLayer.QUERY, golden.tensor("in.q").castTo(DataType.FLOAT));
    inputs.put(SingleLayer.KEY, golden.tensor("in.k").castTo(DataType.FLOAT));
    inputs.put(SingleLayer.VALUE, golden.tensor("in.v").castTo(DataType.FLOAT));
    if (golden.padded()) {
      inputs.put(SingleLayer.REAL, golden.realPositions().castTo(DataType.FLOAT));
    }
    return inputs;
  }

  private static void assertSame(
      GoldenCase golden, String step, INDArray actual, double tolerance) {
    double error = assertClose(golden.name() + " " + step, actual, golden.tensor(step), tolerance);
    REPORT.add(golden, step, error, tolerance);
  }
}
