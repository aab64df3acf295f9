package dev.saccade.runtime.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.Source;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.Nd4jPlatform;
import dev.saccade.runtime.fixture.DenseOracle;
import dev.saccade.runtime.fixture.DenseOracle.Sight;
import dev.saccade.runtime.fixture.TestMechanism;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SingleLayerTest {

  private static final int B = 2;
  private static final int H = 3;
  private static final int T = 5;
  private static final int D = 7;

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

  private AttentionSlot slot(TestMechanism mechanism, AttentionSpec spec) {
    return new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, Map.of());
  }

  private static AttentionSpec spec(Masking masking, ElementType type) {
    return AttentionSpec.multiHead(H, D).withMasking(masking).withElementType(type);
  }

  private static double[] gaussian(int seed, int length) {
    Random random = new Random(seed);
    return random.doubles(length).map(unused -> random.nextGaussian()).toArray();
  }

  private static INDArray array(double[] values, AttentionSpec spec, long... shape) {
    return Nd4j.create(values, shape, ElementTypes.nd4j(spec.elementType()));
  }

  /** Inputs for that many keys; the second sequence has two keys of padding. */
  private static Map<String, INDArray> inputs(AttentionSpec spec, int keys) {
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    inputs.put(SingleLayer.QUERY, array(gaussian(1, B * H * T * D), spec, B, H, T, D));
    inputs.put(SingleLayer.KEY, array(gaussian(2, B * H * keys * D), spec, B, H, keys, D));
    inputs.put(SingleLayer.VALUE, array(gaussian(3, B * H * keys * D), spec, B, H, keys, D));
    if (spec.masking().padded()) {
      double[] real = new double[B * keys];
      for (int i = 0; i < real.length; i++) {
        real[i] = i < real.length - 2 ? 1 : 0;
      }
      inputs.put(SingleLayer.REAL, array(real, spec, B, keys));
    }
    return inputs;
  }

  private static Sight sight(Masking masking, int keys) {
    Sight padding = DenseOracle.hidingLast(keys, 0, 2);
    return (b, t, s) ->
        (!masking.causal() || s <= t) && (!masking.padded() || padding.sees(b, t, s));
  }

  private void requireOracle(AttentionSpec spec, int keys, double tolerance) {
    DenseOracle oracle = new DenseOracle(B, H, T, keys, D);
    double[] weights =
        oracle.weights(
            gaussian(1, B * H * T * D), gaussian(2, B * H * keys * D), sight(spec.masking(), keys));
    double[] context = oracle.context(weights, gaussian(3, B * H * keys * D));

    try (AttentionSlot slot = slot(TestMechanism.softmax(), spec);
        SingleLayer layer =
            new SingleLayer(slot, new LayerSize(B, T, keys), Set.of(Probe.ATTENTION));
        GraphOutputs outputs = layer.run(inputs(spec, keys))) {

      INDArray shown = outputs.get(SingleLayer.probe(Probe.ATTENTION));
      assertThat(shown.shape()).containsExactly(B, H, T, keys);
      assertThat(DenseOracle.distance(weights, shown.dup('c').data().asDouble()))
          .isLessThan(tolerance);
      INDArray actual = outputs.get(SingleLayer.CONTEXT);
      assertThat(actual.shape()).containsExactly(B, H, T, D);
      assertThat(DenseOracle.distance(context, actual.dup('c').data().asDouble()))
          .isLessThan(tolerance);
      assertThat(layer.peakBytes()).isPositive();
    }
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void a_layer_alone_gives_the_formulas_numbers(Masking masking) {
    requireOracle(spec(masking, ElementType.F32), T, 2e-6);
  }

  @ParameterizedTest
  @EnumSource(Masking.class)
  void a_layer_alone_gives_the_formulas_numbers_in_float64(Masking masking) {
    requireOracle(spec(masking, ElementType.F64), T, 1e-14);
  }

  @Test
  void cross_attention_may_have_more_keys_than_queries() {
    requireOracle(spec(Masking.PADDING, ElementType.F64).withSource(Source.CROSS), 11, 1e-14);
  }

  @Test
  void only_the_probes_that_were_asked_for_are_shown() {
    AttentionSpec spec = spec(Masking.NONE, ElementType.F32);

    try (AttentionSlot slot = slot(TestMechanism.softmax(), spec);
        SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of(Probe.KEPT));
        GraphOutputs outputs = layer.run(inputs(spec, T))) {
      assertThat(outputs.names()).containsExactly(SingleLayer.CONTEXT);
    }
  }

  @Test
  void a_sparse_probe_is_shown_row_by_row_and_as_the_matrix_that_it_is() {
    TestMechanism choosy =
        TestMechanism.of(
            "choosy",
            (graph, query, key, value, mask) -> {
              SDVariable scores = graph.sameDiff().mmul(query, key, false, true, false);
              SDVariable kept = graph.math().topMask(scores, graph.constant(2).reshape(1, 1, 1, 1));
              return AttentionOutput.of(kept.mmul(value))
                  .withProbe(Probe.KEPT, graph.math().sparse(kept.mul(3.0), kept));
            });
    AttentionSpec spec = spec(Masking.NONE, ElementType.F64);

    try (AttentionSlot slot = slot(choosy, spec);
        SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of(Probe.KEPT));
        GraphOutputs outputs = layer.run(inputs(spec, T))) {

      ShownProbe shown = layer.shown(outputs, Probe.KEPT).orElseThrow();
      assertThat(shown.sparse())
          .hasValueSatisfying(
              sparse -> {
                assertThat(sparse.rowPointers()).hasSize(B * H * T + 1).endsWith(2 * B * H * T);
                assertThat(sparse.columns()).hasSize(2 * B * H * T);
                assertThat(sparse.values()).containsOnly(3);
              });
      INDArray matrix = Nd4j.createFromArray(shown.dense()).reshape(B, H, T, T);
      assertThat(matrix.sum(3).data().asDouble()).containsOnly(6);
      INDArray value = Objects.requireNonNull(inputs(spec, T).get(SingleLayer.VALUE));
      INDArray mixed = Nd4j.matmul(matrix.castTo(value.dataType()), value);
      assertThat(mixed.distance2(outputs.get(SingleLayer.CONTEXT).mul(3))).isLessThan(1e-12);
    }
  }

  @Test
  void a_sparse_probe_of_nothing_shows_zeros() {
    TestMechanism blind =
        TestMechanism.of(
            "blind",
            (graph, query, key, value, mask) -> {
              SDVariable nothing = graph.sameDiff().mmul(query, key, false, true, false).mul(0.0);
              return AttentionOutput.of(value)
                  .withProbe(Probe.KEPT, graph.math().sparse(nothing, nothing));
            });
    AttentionSpec spec = spec(Masking.NONE, ElementType.F32);

    try (AttentionSlot slot = slot(blind, spec);
        SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of(Probe.KEPT));
        GraphOutputs outputs = layer.run(inputs(spec, T))) {

      assertThat(layer.shown(outputs, Probe.KEPT).orElseThrow().dense())
          .hasSize(B * H * T * T)
          .containsOnly(0);
    }
  }

  @Test
  void a_variable_that_looks_like_a_probe_is_none() {
    TestMechanism naming =
        TestMechanism.of(
            "naming",
            (graph, query, key, value, mask) ->
                AttentionOutput.of(graph.sameDiff().identity("probe.of-mine", value)));
    AttentionSpec spec = spec(Masking.NONE, ElementType.F32);

    try (AttentionSlot slot = slot(naming, spec);
        SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of());
        GraphOutputs outputs = layer.run(inputs(spec, T))) {
      assertThat(outputs.names()).containsExactly(SingleLayer.CONTEXT);
    }
  }

  @Test
  void an_input_of_another_size_is_refused_by_name() {
    AttentionSpec spec = spec(Masking.NONE, ElementType.F32);
    Map<String, INDArray> inputs = inputs(spec, T);
    inputs.put(SingleLayer.KEY, Nd4j.zeros(B, H, T + 1, D));

    try (AttentionSlot slot = slot(TestMechanism.softmax(), spec);
        SingleLayer layer = new SingleLayer(slot, LayerSize.self(B, T), Set.of())) {
      assertThatThrownBy(() -> layer.run(inputs))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("input key must be FLOAT [2, 3, 5, 7] but is FLOAT [2, 3, 6, 7]");
    }
  }
}
