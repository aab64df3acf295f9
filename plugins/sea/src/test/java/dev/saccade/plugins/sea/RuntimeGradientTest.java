package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.Parameter;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Gradients on the runtime's operations against those on SameDiff's own, which {@link GradientTest}
 * holds against finite differences. Padded, and of odd length.
 */
class RuntimeGradientTest {

  /** Both round in float32, in another order. */
  private static final double RELATIVE = 1e-5;

  private static final double ABSOLUTE = 1e-6;

  private static final List<String> INPUTS =
      List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);

  private final GoldenCase golden;
  private final INDArray weighing;

  RuntimeGradientTest() throws IOException, URISyntaxException {
    Path resource =
        Path.of(
            Objects.requireNonNull(
                    getClass().getResource("/golden/sea_bert_16_oddT_evenM_scaled.json"))
                .toURI());
    golden = GoldenCase.read(resource);
    weighing = golden.tensor("in.k").castTo(DataType.FLOAT); // any numbers do
  }

  @ParameterizedTest
  @CsvSource({
    "batch, 1.0, false",
    "causal-batch, 1.0, true",
    "head, 1.0, false",
    "query, 1.5, false"
  })
  void the_runtime_gives_the_gradients_of_plain_samediff(
      String grouping, String oversample, String constantShift) {
    Map<String, String> options = new HashMap<>(golden.options());
    options.put("grouping", grouping);
    options.put("oversample", oversample);
    options.put("constant-shift", constantShift);

    try (ParameterStore parameters = new ParameterStore(1);
        AttentionSlot slot = SeaInRuntimeTest.slot(golden, options, parameters)) {
      Map<String, INDArray> expected = inPlainSameDiff(slot);
      Map<String, INDArray> actual = inRuntime(slot);

      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      expected.forEach(
          (name, gradient) ->
              assertClose(
                  "gradient of " + name,
                  Objects.requireNonNull(actual.get(name)),
                  gradient,
                  ABSOLUTE + RELATIVE * gradient.norm2Number().doubleValue()));
    }
  }

  private Map<String, INDArray> inRuntime(AttentionSlot slot) {
    SameDiff graph = SameDiff.create();
    Map<String, INDArray> inputs = SeaInRuntimeTest.inputs(golden);
    Map<String, SDVariable> placeholders = new HashMap<>();
    inputs.forEach(
        (name, value) ->
            placeholders.put(name, graph.placeHolder(name, DataType.FLOAT, value.shape())));
    SDVariable context =
        slot.addTo(
                graph,
                LayerSize.self(weighing.size(0), weighing.size(2)),
                Objects.requireNonNull(placeholders.get(SingleLayer.QUERY)),
                Objects.requireNonNull(placeholders.get(SingleLayer.KEY)),
                Objects.requireNonNull(placeholders.get(SingleLayer.VALUE)),
                placeholders.get(SingleLayer.REAL),
                Set.of())
            .context();
    context.mul(graph.constant(weighing.dup())).sum().rename("loss");
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

  private Map<String, INDArray> inPlainSameDiff(AttentionSlot slot) {
    int k = golden.config("k").asInt();
    TestGraph graph = new TestGraph(slot.spec(), weighing.size(0), weighing.size(2), k, Set.of());
    slot.parameters().forEach(graph::withParameter);
    Map<String, INDArray> inputs = SeaInRuntimeTest.inputs(golden);
    SDVariable context =
        new SeaLayer(slot.spec(), SeaOptions.from(slot.options()))
            .attend(
                graph,
                graph.input("query", Objects.requireNonNull(inputs.get(SingleLayer.QUERY))),
                graph.input("key", Objects.requireNonNull(inputs.get(SingleLayer.KEY))),
                graph.input("value", Objects.requireNonNull(inputs.get(SingleLayer.VALUE))),
                graph.mask(golden.realPositions()))
            .context();
    context.mul(graph.sameDiff().constant(weighing.dup())).sum().rename("loss");
    graph.sameDiff().setLossVariables("loss");
    List<String> names = new ArrayList<>(INPUTS);
    names.addAll(trained(slot));
    return graph.sameDiff().calculateGradients(Map.of(), names);
  }

  private static List<String> trained(AttentionSlot slot) {
    return slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .toList();
  }
}
