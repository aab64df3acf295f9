package dev.saccade.plugins.sea;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.OptionException;
import dev.saccade.plugins.sea.cuda.OnFakeDriver;
import dev.saccade.plugins.sea.cuda.ResidentSea;
import dev.saccade.runtime.attention.SingleLayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** SEA as embedders use it: on tensors of their own that stay on the GPU, on a stream of theirs. */
@OnFakeDriver
class SeaOnDeviceTest {

  private static final int T = 33;
  private static final Map<String, String> OPTIONS = Map.of("width", "32", "k", "5");

  private static final AttentionSpec SPEC = SeaTrial.spec(Masking.CAUSAL);

  @Test
  void tensors_are_used_where_they_are() {
    SeaOnDevice sea = new SeaOnDevice(SPEC, OPTIONS);
    SeaTrial trial = new SeaTrial(Masking.CAUSAL, T, Padding.NONE, OPTIONS);
    KernelRequest request = sea.request(SeaTrial.B, T, ElementType.F32);
    INDArray expected;
    ResidentSea resident;
    try (KernelTrial layer = trial.open("cuda")) {
      expected = layer.context();
      resident = ResidentSea.of(numbers(layer, sea), request);
    }

    double[] context = resident.run(SeaOnDevice.program());

    assertThat(context).containsExactly(expected.dup('c').data().asDouble());
    assertThat(resident.inputsAfter())
        .usingRecursiveComparison()
        .isEqualTo(resident.inputsBefore());
  }

  /** Those of a layer in the runtime, in the order of a request. */
  private static List<double[]> numbers(KernelTrial layer, SeaOnDevice sea) {
    List<double[]> numbers = new ArrayList<>();
    for (String name : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)) {
      numbers.add(layer.input(name).dup('c').data().asDouble());
    }
    numbers.add(new double[] {5}); // k
    for (Parameter parameter : sea.parameters()) {
      numbers.add(layer.parameter(parameter.name()).dup('c').data().asDouble());
    }
    return numbers;
  }

  @Test
  void a_request_has_query_key_value_k_the_parameters_and_what_is_padding() {
    SeaOnDevice sea =
        new SeaOnDevice(SPEC.withMasking(Masking.CAUSAL_PADDING), Map.of("width", "32"));

    KernelRequest request = sea.request(2, T, ElementType.BF16);

    Shape each = Shape.of(2, SPEC.heads(), T, SPEC.headSize());
    List<Shape> inputs = request.inputs();
    assertThat(inputs.subList(0, 4)).containsExactly(each, each, each, Shape.of());
    assertThat(inputs.subList(4, inputs.size() - 1))
        .isEqualTo(sea.parameters().stream().map(Parameter::shape).toList());
    assertThat(inputs.get(inputs.size() - 1)).isEqualTo(Shape.of(2, T));
    assertThat(SeaOnDevice.program().outputShapes(request)).containsExactly(each);
  }

  @Test
  void an_unknown_option_is_refused() {
    assertThatThrownBy(() -> new SeaOnDevice(SPEC, Map.of("widht", "32")))
        .isInstanceOf(OptionException.class)
        .hasMessageContaining("widht");
  }
}
