package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Feature;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.LengthRule;
import dev.saccade.api.Masking;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.api.Source;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.option.Option;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.LayerWithParameters;
import dev.saccade.runtime.fixture.PlainSoftmax;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AttentionSlotTest {

  private static final Option<Double> FACTOR =
      Option.decimal("factor", 2, "what values are multiplied by").between(0.0, 10.0);
  private static final Option<Double> LIVE_FACTOR = FACTOR.changeableLive();

  private static final AttentionSpec SPEC = AttentionSpec.multiHead(3, 7);
  private static final LayerSize SIZE = LayerSize.self(2, 5);

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels = PluginKernels.register("none", "the test", List.of());

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  @AfterEach
  void close() {
    kernels.retire(Duration.ZERO);
    parameters.close();
  }

  /** Multiplies values by the live option. */
  private static TestMechanism scaling() {
    return TestMechanism.of(
            "scaling",
            (graph, query, key, value, mask) ->
                AttentionOutput.of(value.mul(graph.option(LIVE_FACTOR))))
        .withOptions(LIVE_FACTOR);
  }

  private AttentionSlot fill(TestMechanism mechanism, AttentionSpec spec) {
    return fill(mechanism, spec, Map.of());
  }

  private AttentionSlot fill(
      TestMechanism mechanism, AttentionSpec spec, Map<String, String> options) {
    return new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, options);
  }

  private static double contextOfOnes(SingleLayer layer) {
    try (INDArray ones = Nd4j.ones(DataType.FLOAT, 2, 3, 5, 7);
        GraphOutputs outputs =
            layer.run(
                Map.of(SingleLayer.QUERY, ones, SingleLayer.KEY, ones, SingleLayer.VALUE, ones))) {
      return outputs.get(SingleLayer.CONTEXT).meanNumber().doubleValue();
    }
  }

  @Test
  void a_mechanism_that_ignores_the_mask_is_named() {
    TestMechanism ignoring =
        TestMechanism.of("ignoring", (graph, query, key, value, mask) -> AttentionOutput.of(value));

    try (AttentionSlot slot = fill(ignoring, SPEC.withMasking(Masking.PADDING))) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .isInstanceOf(SaccadeException.class)
          .hasMessageStartingWith("ignoring says that it honours masking PADDING but never read");
    }
  }

  @Test
  void an_op_that_nd4j_computes_wrongly_is_refused_with_the_mechanisms_name() {
    TestMechanism wrong =
        TestMechanism.of(
            "wrong",
            (graph, query, key, value, mask) -> AttentionOutput.of(value.div(value.sum(true, -1))));

    try (AttentionSlot slot = fill(wrong, SPEC)) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("mechanism wrong builds a graph that ND4J");
    }
  }

  /** Takes multiples of four. */
  private record InFours() implements AttentionLayer {

    @Override
    public LengthRule lengths() {
      return new LengthRule(1, 4);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      return new PlainSoftmax().attend(graph, query, key, value, mask);
    }
  }

  @Test
  void a_length_that_the_layer_does_not_take_is_refused() {
    try (AttentionSlot slot = fill(TestMechanism.of("fours", new InFours()), SPEC)) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("fours: length 5 is not a multiple of 4");
      assertThat(slot.takes(LayerSize.self(2, 8)).isYes()).isTrue();
    }
  }

  @Test
  void the_length_of_the_keys_counts_too() {
    AttentionSpec cross = SPEC.withSource(Source.CROSS);

    try (AttentionSlot slot = fill(TestMechanism.of("fours", new InFours()), cross)) {
      assertThat(slot.takes(new LayerSize(2, 8, 5)).reasons())
          .containsExactly("length 5 is not a multiple of 4");
      assertThat(slot.takes(new LayerSize(2, 3, 5)).reasons()).hasSize(2);
    }
  }

  @Test
  void more_positions_than_the_model_admits_are_refused() {
    try (AttentionSlot slot = fill(TestMechanism.softmax(), SPEC.withMaxPositions(5))) {
      assertThat(slot.takes(LayerSize.self(2, 5)).isYes()).isTrue();
      assertThatThrownBy(() -> new SingleLayer(slot, LayerSize.self(2, 6), Set.of()))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("softmax: length 6 is above the maximum of 5");
    }
  }

  @Test
  void unequal_lengths_are_refused_unless_they_are_declared() {
    TestMechanism softmax = TestMechanism.softmax();
    TestMechanism rigid =
        softmax.withCapabilities(softmax.capabilities().withFeatures(Feature.EXACT));

    try (AttentionSlot slot = fill(rigid, SPEC.withSource(Source.CROSS))) {
      assertThat(slot.takes(new LayerSize(2, 3, 3)).isYes()).isTrue();
      assertThat(slot.takes(new LayerSize(2, 3, 5)).reasons())
          .containsExactly("there must be as many queries as keys: queries=3, keys=5");
    }
  }

  @Test
  void a_live_option_takes_effect_on_a_built_graph() {
    try (AttentionSlot slot = fill(scaling(), SPEC, Map.of("factor", "3"));
        SingleLayer layer = new SingleLayer(slot, SIZE, Set.of())) {
      double before = contextOfOnes(layer);

      slot.change(LIVE_FACTOR, "0.5");

      assertThat(before).isCloseTo(3, within(1e-6));
      assertThat(contextOfOnes(layer)).isCloseTo(0.5, within(1e-6));
    }
  }

  @Test
  void a_live_option_out_of_range_is_refused_and_stays() {
    try (AttentionSlot slot = fill(scaling(), SPEC);
        SingleLayer layer = new SingleLayer(slot, SIZE, Set.of())) {
      assertThatThrownBy(() -> slot.change(LIVE_FACTOR, "11"))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("scaling: option factor must be a number within 0.0 … 10.0 but is 11.0");
      assertThat(contextOfOnes(layer)).isCloseTo(2, within(1e-6));
    }
  }

  @Test
  void an_option_that_is_not_live_cannot_be_changed() {
    TestMechanism fixed = TestMechanism.softmax().withOptions(FACTOR);

    try (AttentionSlot slot = fill(fixed, SPEC)) {
      assertThatThrownBy(() -> slot.change(FACTOR, "3"))
          .isInstanceOf(SaccadeException.class)
          .hasMessage(
              "softmax: option factor cannot be changed on a built model; those that can: []");
    }
  }

  @Test
  void an_option_that_is_not_live_is_no_variable() {
    TestMechanism wrong =
        TestMechanism.of(
                "wrong",
                (graph, query, key, value, mask) ->
                    AttentionOutput.of(value.mul(graph.option(FACTOR))))
            .withOptions(FACTOR);

    try (AttentionSlot slot = fill(wrong, SPEC)) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .hasMessageContaining("option factor of wrong is not live");
    }
  }

  @Test
  void a_live_option_that_is_no_number_is_the_plugins_fault() {
    TestMechanism flagged =
        TestMechanism.softmax()
            .withOptions(Option.flag("sharp", true, "whether it is sharp").changeableLive());

    assertThatThrownBy(() -> fill(flagged, SPEC))
        .hasMessageContaining("a live option is a number in the graph, which true is not")
        .hasMessageContaining("sharp=true");
  }

  @Test
  void closing_frees_live_options_and_leaves_parameters() {
    Parameter gain = Parameter.trained("gain", Shape.of(7), Initializer.constant(1));
    TestMechanism mechanism =
        scaling().withLayers((spec, options) -> new LayerWithParameters(List.of(gain)));
    AttentionSlot slot = fill(mechanism, SPEC);

    slot.close();

    assertThat(slot.liveOption("factor").wasClosed()).isTrue();
    assertThat(slot.parameters().get("gain"))
        .isNotNull()
        .satisfies(value -> assertThat(value.wasClosed()).isFalse());
  }

  @Test
  void the_graph_computes_with_the_stores_own_arrays() {
    Parameter gain = Parameter.trained("gain", Shape.of(7), Initializer.constant(3));
    TestMechanism mechanism = TestMechanism.of("gaining", new LayerWithParameters(List.of(gain)));

    try (AttentionSlot slot = fill(mechanism, SPEC);
        SingleLayer layer = new SingleLayer(slot, SIZE, Set.of())) {
      double before = contextOfOnes(layer);

      slot.parameters().values().forEach(value -> value.assign(5));

      assertThat(before).isCloseTo(3, within(1e-6));
      assertThat(contextOfOnes(layer)).isCloseTo(5, within(1e-6));
      assertThat(slot.prefix()).isEqualTo("layer.0.gaining");
    }
  }

  @Test
  void a_parameter_that_was_not_declared_is_refused() {
    Parameter gain = Parameter.trained("gain", Shape.of(7), Initializer.constant(3));
    TestMechanism mechanism =
        TestMechanism.of("gaining", new LayerWithParameters(List.of(gain), List.of("gian")));

    try (AttentionSlot slot = fill(mechanism, SPEC)) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .hasMessage("gaining has no parameter gian; it declares [gain]");
    }
  }

  @Test
  void what_a_mechanism_rules_out_is_refused_before_a_layer_is_built() {
    TestMechanism picky =
        TestMechanism.softmax()
            .withCapabilities(TestMechanism.softmax().capabilities().withMaskings(Masking.NONE));

    assertThatThrownBy(() -> fill(picky, SPEC.withMasking(Masking.CAUSAL)))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(
            "softmax cannot fill an attention slot of this model: masking CAUSAL is not one of"
                + " [NONE]");
  }

  @Test
  void every_wrong_option_is_named() {
    Map<String, String> wrong = Map.of("factor", "many", "fcator", "3");

    assertThatThrownBy(() -> fill(scaling(), SPEC, wrong))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("scaling: ")
        .hasMessageContaining("there is no option fcator; there are factor")
        .hasMessageContaining("option factor must be a number");
  }

  @Test
  void kernels_are_given_numbers_of_the_specs_type_only() {
    TestMechanism mixing =
        TestMechanism.of(
            "mixing",
            (graph, query, key, value, mask) ->
                AttentionOutput.of(
                    graph
                        .kernel("mix", KernelArguments.none(), value, query.castTo(DataType.INT32))
                        .get(0)));

    try (AttentionSlot slot = fill(mixing, SPEC)) {
      assertThatThrownBy(() -> new SingleLayer(slot, SIZE, Set.of()))
          .hasMessageContaining("element type FLOAT, but input 1 of mix is INT");
    }
  }
}
