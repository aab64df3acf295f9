package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.ElementType;
import dev.saccade.api.Initializer;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;

class ParameterStoreTest {

  private static final String PREFIX = "layer.3.test";

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static Parameter normal(String name, long... shape) {
    return Parameter.trained(name, Shape.of(shape), Initializer.normal(1));
  }

  private static INDArray only(ParameterStore store, Parameter parameter) {
    return only(store, parameter, ElementType.F32);
  }

  private static INDArray only(ParameterStore store, Parameter parameter, ElementType type) {
    Map<String, INDArray> layer = store.layer(PREFIX, List.of(parameter), type);
    return Objects.requireNonNull(layer.get(parameter.name()), parameter.name());
  }

  @Test
  void values_depend_on_seed_and_name_and_not_on_the_order_of_drawing() {
    try (ParameterStore one = new ParameterStore(7);
        ParameterStore same = new ParameterStore(7);
        ParameterStore other = new ParameterStore(8)) {
      Map<String, INDArray> weightFirst =
          one.layer(PREFIX, List.of(normal("weight", 2, 3), normal("bias", 5)), ElementType.F32);
      Map<String, INDArray> biasFirst =
          same.layer(PREFIX, List.of(normal("bias", 5), normal("weight", 2, 3)), ElementType.F32);

      assertThat(weightFirst).isEqualTo(biasFirst);
      assertThat(weightFirst.get("weight")).isNotEqualTo(only(other, normal("weight", 2, 3)));
    }
  }

  @Test
  void layers_of_one_mechanism_begin_differently() {
    try (ParameterStore store = new ParameterStore(7)) {
      List<Parameter> weight = List.of(normal("weight", 2, 3));

      INDArray third = store.layer("layer.3.test", weight, ElementType.F32).get("weight");
      INDArray fourth = store.layer("layer.4.test", weight, ElementType.F32).get("weight");

      assertThat(third).isNotEqualTo(fourth);
    }
  }

  @Test
  void a_parameter_survives_when_name_and_shape_agree() {
    try (ParameterStore store = new ParameterStore(7)) {
      INDArray trained = only(store, normal("weight", 2, 3)).assign(11);

      INDArray again = only(store, normal("weight", 2, 3));

      assertThat(again).isSameAs(trained);
    }
  }

  @Test
  void another_shape_or_element_type_begins_afresh() {
    try (ParameterStore store = new ParameterStore(7)) {
      only(store, normal("weight", 2, 3)).assign(11);

      double[] longer = only(store, normal("weight", 2, 5)).data().asDouble();
      INDArray wider = only(store, normal("weight", 2, 5), ElementType.F64);

      assertThat(longer).hasSize(2 * 5).doesNotContain(11);
      assertThat(wider.dataType()).isEqualTo(ElementTypes.nd4j(ElementType.F64));
      assertThat(wider.data().asDouble()).hasSize(2 * 5).doesNotContain(11);
    }
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void every_element_type_can_be_drawn(ElementType type) {
    try (ParameterStore store = new ParameterStore(7)) {
      Parameter constant = Parameter.frozen("scale", Shape.of(2, 3), Initializer.constant(0.5));

      INDArray value = only(store, constant, type);

      assertThat(value.dataType()).isEqualTo(ElementTypes.nd4j(type));
      assertThat(value.shape()).containsExactly(2, 3);
      assertThat(value.dup().data().asDouble()).containsOnly(0.5);
    }
  }

  @Test
  void a_parameter_may_be_a_scalar() {
    try (ParameterStore store = new ParameterStore(7)) {
      INDArray value = only(store, normal("temperature"));

      assertThat(value.isScalar()).isTrue();
      assertThat(value.rank()).isZero();
    }
  }

  @Test
  void closing_frees_every_parameter() {
    ParameterStore store = new ParameterStore(7);
    INDArray weight = only(store, normal("weight", 2, 3));
    INDArray bias = only(store, normal("bias", 5));

    store.close();

    assertThat(weight.wasClosed()).isTrue();
    assertThat(bias.wasClosed()).isTrue();
  }

  @Test
  void two_parameters_of_one_name_are_refused() {
    try (ParameterStore store = new ParameterStore(7)) {
      List<Parameter> twice = List.of(normal("weight", 2), normal("weight", 2));

      assertThatThrownBy(() -> store.layer(PREFIX, twice, ElementType.F32))
          .hasMessage("layer.3.test declares two parameters named weight");
    }
  }

  @Test
  void an_initialiser_that_gives_too_few_values_is_named() {
    try (ParameterStore store = new ParameterStore(7)) {
      Parameter wrong =
          Parameter.trained("weight", Shape.of(2, 3), (shape, random) -> new double[5]);

      assertThatThrownBy(() -> only(store, wrong))
          .hasMessageContaining("layer.3.test.weight gave 5 values for shape [2, 3]");
    }
  }
}
