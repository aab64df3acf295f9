package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Parameter;
import dev.saccade.api.distill.LossTerm;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients on the runtime's operations against those on SameDiff's own, which {@link GradientTest}
 * holds against finite differences. In both modes, padded, and of odd length.
 */
class RuntimeGradientTest {

  /** Both round in float32, in another order. */
  private static final double RELATIVE = 1e-5;

  private static final double ABSOLUTE = 1e-6;

  private static final List<String> INPUTS =
      List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);

  @ParameterizedTest
  @CsvSource({
    "sea_bert_16_oddT_evenM_scaled, batch, 1.0, false",
    "sea_bert_16_oddT_evenM_scaled, causal-batch, 1.0, true",
    "sea_bert_16_oddT_evenM_scaled, head, 1.0, false",
    "sea_bert_16_oddT_evenM_scaled, query, 1.5, false",
    "sea_opt_12_rightpad, causal-batch, 1.0, false",
    "sea_opt_14_deeper, query, 1.5, false",
  })
  void the_runtime_gives_the_gradients_of_plain_samediff(
      String name, String grouping, String oversample, String constantShift) {
    SeaCase golden = SeaCase.among("sea", name);
    Map<String, String> options = new HashMap<>(golden.options());
    options.put("grouping", grouping);
    options.put("oversample", oversample);
    options.put("constant-shift", constantShift);

    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = SeaInRuntimeTest.slot(golden, options, parameters)) {
      Map<String, INDArray> expected = inPlainSameDiff(golden, slot);
      Map<String, INDArray> actual =
          inRuntime(golden, slot, (graph, output) -> loss(golden, graph, output));

      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      expected.forEach(
          (variable, gradient) ->
              assertClose(
                  "gradient of " + variable,
                  Objects.requireNonNull(actual.get(variable)),
                  gradient,
                  ABSOLUTE + RELATIVE * gradient.norm2Number().doubleValue()));
    }
  }

  /** Gradients of a loss in the inputs and every trained parameter, by name. */
  static Map<String, INDArray> inRuntime(
      SeaCase golden, AttentionSlot slot, BiFunction<SameDiff, AttentionOutput, SDVariable> loss) {
    SameDiff graph = SameDiff.create();
    Map<String, INDArray> inputs = SeaInRuntimeTest.inputs(golden);
    Map<String, SDVariable> placeholders = new HashMap<>();
    inputs.forEach(
        (name, value) ->
            placeholders.put(name, graph.placeHolder(name, DataType.FLOAT, value.shape())));
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    AttentionOutput output =
        slot.addTo(
            graph,
            LayerSize.self(query.size(0), query.size(2)),
            Objects.requireNonNull(placeholders.get(SingleLayer.QUERY)),
            Objects.requireNonNull(placeholders.get(SingleLayer.KEY)),
            Objects.requireNonNull(placeholders.get(SingleLayer.VALUE)),
            placeholders.get(SingleLayer.REAL),
            Set.of());
    loss.apply(graph, output).rename("loss");
    Map<String, String> variables = new LinkedHashMap<>();
    INPUTS.forEach(name -> variables.put(name, name));
    trained(slot).forEach(name -> variables.put(name, slot.prefix() + "." + name));

    Map<String, INDArray> gradients = new HashMap<>();
    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs outputs = runner.gradients(inputs, "loss", variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, outputs.copy(variable)));
    }
    return gradients;
  }

  private static Map<String, INDArray> inPlainSameDiff(SeaCase golden, AttentionSlot slot) {
    int k = golden.golden().config("k").asInt();
    INDArray query = golden.tensor("in.q"); // [B, H, T, D]
    TestGraph graph = new TestGraph(slot.spec(), query.size(0), query.size(2), k, Set.of());
    slot.parameters().forEach(graph::withParameter);
    Map<String, INDArray> inputs = SeaInRuntimeTest.inputs(golden);
    AttentionOutput output =
        new SeaLayer(slot.spec(), SeaOptions.from(slot.options()))
            .attend(
                graph,
                graph.input("query", Objects.requireNonNull(inputs.get(SingleLayer.QUERY))),
                graph.input("key", Objects.requireNonNull(inputs.get(SingleLayer.KEY))),
                graph.input("value", Objects.requireNonNull(inputs.get(SingleLayer.VALUE))),
                graph.mask(golden.padded() ? golden.realPositions() : null));
    loss(golden, graph.sameDiff(), output).rename("loss");
    graph.sameDiff().setLossVariables("loss");
    List<String> names = new ArrayList<>(INPUTS);
    names.addAll(trained(slot));
    return graph.sameDiff().calculateGradients(Map.of(), names);
  }

  /** The distillation, and the context weighed by any numbers, so that all of it counts. */
  private static SDVariable loss(SeaCase golden, SameDiff graph, AttentionOutput output) {
    SDVariable weighing = graph.constant(golden.tensor("in.k").castTo(DataType.FLOAT));
    SDVariable loss = output.context().mul(weighing).sum();
    for (LossTerm term :
        output.objective().orElseThrow().terms(GoldenTeacher.of(golden, graph, DataType.FLOAT))) {
      loss = loss.add(term.value().mul(term.weight()));
    }
    return loss;
  }

  private static List<String> trained(AttentionSlot slot) {
    return slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .toList();
  }
}
