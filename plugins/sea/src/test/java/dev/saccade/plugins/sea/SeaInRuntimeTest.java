package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.conformance.golden.GoldenFolder;
import dev.saccade.conformance.golden.GoldenReport;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
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
import org.nd4j.linalg.factory.Nd4j;

/** SEA in the runtime's own graph, on its operations and in its memory. */
class SeaInRuntimeTest {

  private static final String STRETCHED = "x.estimated_attention_probs_resized";

  /** Of all slots, as of one installation. */
  static final PluginKernels KERNELS =
      PluginKernels.register("sea#test", "a test", new SeaAttention().kernels());

  private static final GoldenFolder FOLDER = SeaCase.layers();
  private static final GoldenReport REPORT = new GoldenReport("SEA in the runtime", FOLDER);

  static List<SeaCase> published() {
    return SeaCase.in(FOLDER);
  }

  @AfterAll
  static void every_case_was_run() {
    REPORT.close();
  }

  @ParameterizedTest
  @MethodSource("published")
  void the_context_and_what_is_shown_of_it_are_as_published(SeaCase golden) {
    LayerSize size = LayerSize.self(golden.tensor("in.q").size(0), golden.tensor("in.q").size(2));

    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = slot(golden, golden.options(), parameters);
        SingleLayer layer = new SingleLayer(slot, size, Set.copyOf(slot.layer().probes()));
        GraphOutputs seen = layer.run(inputs(golden))) {

      REPORT.check(
          golden.golden(),
          Set.of(), // PublishedStepsTest sees to it that all is compared
          compared -> {
            compared.tensor(
                "x.estimated_attention_probs",
                shown(golden, layer, seen, Probe.ESTIMATED_ATTENTION));
            compared.tensor(
                "x.average_scale", shown(golden, layer, seen, SeaLayer.AVERAGE_SHARE).rsub(1.0));
            if (golden.golden().has(STRETCHED)) { // was run with a teacher
              compared.tensor(STRETCHED, shown(golden, layer, seen, SeaLayer.STRETCHED_ESTIMATE));
            }
            if (golden.tied()) {
              return; // which of equal estimates are kept is anyone's choice
            }
            compared.tensor("x.partial_mask_t", shown(golden, layer, seen, Probe.KEPT));
            compared.tensor(
                "x.partial_attention_probs", shown(golden, layer, seen, SeaLayer.SPARSE_ATTENTION));
            INDArray mixed = // attention is the whole map from values to context
                Nd4j.matmul(
                    shown(golden, layer, seen, Probe.ATTENTION),
                    golden.tensor("in.v").castTo(DataType.FLOAT));
            compared.tensor("x.partial_context_after_mix", mixed);
            compared.tensor("x.partial_context_after_mix", seen.get(SingleLayer.CONTEXT));
          });
    }
  }

  /** A probe as a tensor in its shape, {@code [B, H, T, …]}. */
  private static INDArray shown(SeaCase golden, SingleLayer layer, GraphOutputs seen, Probe probe) {
    float[] numbers = layer.shown(seen, probe).orElseThrow().dense();
    INDArray query = golden.tensor("in.q");
    return Nd4j.createFromArray(numbers).reshape(query.size(0), query.size(1), query.size(2), -1);
  }

  /** A slot with the weights of a golden case. */
  static AttentionSlot slot(
      SeaCase golden, Map<String, String> optionTexts, ParameterStore parameters) {
    return slot(golden, optionTexts, parameters, KERNELS);
  }

  static AttentionSlot slot(
      SeaCase golden,
      Map<String, String> optionTexts,
      ParameterStore parameters,
      PluginKernels kernels) {
    SeaAttention sea = new SeaAttention();
    AttentionSpec spec = golden.spec();
    AttentionSlot slot =
        new SlotFactory(parameters).fill("layer.0", sea, kernels, spec, optionTexts);
    SeaOptions options = SeaOptions.from(slot.options());
    for (Parameter parameter : SeaParameters.of(spec, options)) {
      Objects.requireNonNull(slot.parameters().get(parameter.name()))
          .assign(golden.parameter(parameter, options));
    }
    return slot;
  }

  static Map<String, INDArray> inputs(SeaCase golden) {
    Map<String, INDArray> inputs = new HashMap<>();
    inputs.put(SingleLayer.QUERY, golden.tensor("in.q").castTo(DataType.FLOAT));
    inputs.put(SingleLayer.KEY, golden.tensor("in.k").castTo(DataType.FLOAT));
    inputs.put(SingleLayer.VALUE, golden.tensor("in.v").castTo(DataType.FLOAT));
    if (golden.padded()) {
      inputs.put(SingleLayer.REAL, golden.realPositions().castTo(DataType.FLOAT));
    }
    return inputs;
  }
}
