package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import dev.saccade.api.option.Options;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SeaLayerTest {

  private static final int H = 3;
  private static final int D = 7;
  private static final int M = 8;
  private static final Options DEFAULTS =
      Options.defaults(SeaOptions.SCHEMA).with(SeaOptions.WIDTH, M);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 11, 37})
  void lengths_below_and_above_the_width_of_the_estimate_give_finite_results(int length) {
    Built layer = build(DEFAULTS, 2, length, null);

    assertThat(layer.context().shape()).containsExactly(2, H, length, D);
    assertThat(layer.show(Probe.ATTENTION).shape()).containsExactly(2, H, length, length);
    assertThat(layer.show(Probe.ESTIMATED_ATTENTION).shape()).containsExactly(2, H, length, M);
    assertThat(layer.show(Probe.KEPT).shape()).containsExactly(2, H, length, length);
    assertThat(layer.show(Probe.ROW_SUMS).shape()).containsExactly(2, H, length);
    layer.assertFinite();
  }

  @Test
  void a_lone_position_attends_to_itself() {
    Built layer = build(DEFAULTS.with(SeaOptions.SCALER, false), 1, 1, null);

    assertThat(layer.show(Probe.ATTENTION).data().asDouble()).containsOnly(1.0);
  }

  @Test
  void attention_is_zero_outside_the_kept_keys_and_sums_to_one_inside() {
    Built layer = build(DEFAULTS.with(SeaOptions.SCALER, false), 2, 11, null);

    INDArray attention = layer.show(Probe.ATTENTION);
    INDArray kept = layer.show(Probe.KEPT);
    INDArray someKept = kept.max(3); // [B, H, T]
    assertThat(someKept.meanNumber().doubleValue()).as("rows with keys").isBetween(0.3, 0.99);
    assertClose("attention to kept keys", attention.mul(kept), attention, 0);
    assertClose("row sums", layer.show(Probe.ROW_SUMS), someKept, 1e-12);
  }

  @Test
  void the_row_gate_scales_attention_down() {
    Built layer = build(DEFAULTS, 2, 11, null);

    INDArray sums = layer.show(Probe.ROW_SUMS);
    assertThat(sums.maxNumber().doubleValue()).isStrictlyBetween(0.0, 1.0);
    assertClose("row sums", sums, layer.show(Probe.ATTENTION).sum(3), 1e-12);
  }

  @Test
  void rows_of_the_estimate_sum_to_one() {
    Built layer = build(DEFAULTS, 2, 5, null);

    assertClose(
        "sums",
        layer.show(Probe.ESTIMATED_ATTENTION).sum(3),
        Nd4j.ones(DataType.DOUBLE, 2, H, 5),
        1e-12);
  }

  @ParameterizedTest
  @EnumSource(Grouping.class)
  void padding_is_never_attended_to(Grouping grouping) {
    INDArray real = Nd4j.createFromArray(new double[][] {{0, 1, 1, 1, 0}, {1, 1, 1, 0, 0}});

    Built layer = build(DEFAULTS.with(SeaOptions.GROUPING, grouping), 2, 5, real);

    INDArray kept = layer.show(Probe.KEPT);
    INDArray padding = real.rsub(1.0).reshape(2, 1, 1, 5);
    assertThat(kept.sumNumber().doubleValue()).isPositive();
    assertThat(kept.mul(padding).maxNumber().doubleValue()).isZero();
    layer.assertFinite();
  }

  @ParameterizedTest
  @EnumSource(Grouping.class)
  void a_sequence_of_nothing_but_padding_gives_zero(Grouping grouping) {
    INDArray real = Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}});

    Built layer = build(DEFAULTS.with(SeaOptions.GROUPING, grouping), 2, 5, real);

    layer.assertFinite();
    assertThat(layer.context().slice(0).norm2Number().doubleValue()).isPositive();
    assertClose("context", layer.context().slice(1), Nd4j.zeros(DataType.DOUBLE, H, 5, D), 0);
  }

  @Test
  void a_sequence_of_nothing_but_padding_gives_zero_with_oversampling() {
    INDArray real = Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}});

    Built layer = build(DEFAULTS.with(SeaOptions.OVERSAMPLE, 1.5), 2, 5, real);

    layer.assertFinite();
    assertThat(layer.context().slice(1).norm2Number().doubleValue()).isZero();
  }

  @Test
  void a_mask_of_real_positions_alone_changes_nothing() {
    Built without = build(DEFAULTS, 2, 5, null);
    Built with = build(DEFAULTS, 2, 5, Nd4j.ones(DataType.DOUBLE, 2, 5));

    assertClose("context", with.context(), without.context(), 0);
  }

  @Test
  void what_stands_in_padding_as_a_value_changes_nothing() {
    INDArray real = Nd4j.createFromArray(new double[][] {{1, 1, 1, 0, 0}});
    Built layer = build(DEFAULTS, 1, 5, real);
    INDArray before = layer.context();

    INDArray values = Objects.requireNonNull(layer.graph().arrays().get("value"));
    values.get(all(), all(), interval(3, 5), all()).assign(99);

    assertClose("context", layer.context(), before, 0);
  }

  @Test
  void k_can_be_changed_on_a_built_graph() {
    Built layer = build(DEFAULTS, 2, 11, null);
    double few = layer.show(Probe.KEPT).sumNumber().doubleValue();

    layer.graph().setKept(11);

    assertThat(layer.show(Probe.KEPT).sumNumber().doubleValue())
        .isGreaterThan(few)
        .isEqualTo(2 * H * 11 * 11);
  }

  @Test
  void computes_only_the_probes_that_are_asked_for() {
    AttentionSpec spec = AttentionSpec.multiHead(H, D).withElementType(ElementType.F64);

    AttentionOutput output = output(graph(spec, DEFAULTS, 1, 5, Set.of()), DEFAULTS, null);

    assertThat(output.probes()).isEmpty();
  }

  @Test
  void equal_inputs_give_equal_bits() {
    Built layer = build(DEFAULTS, 2, 11, null);

    assertClose("context", layer.context(), layer.context(), 0);
  }

  /** A layer in a graph with random inputs and parameters, the same ones every time. */
  private record Built(TestGraph graph, AttentionOutput output) {

    INDArray context() {
      return value(output.context());
    }

    INDArray show(Probe probe) {
      ProbeValue value = Objects.requireNonNull(output.probes().get(probe), probe.name());
      return value(((ProbeValue.Dense) value).values());
    }

    void assertFinite() {
      Map<String, INDArray> shown = new LinkedHashMap<>();
      shown.put("context", context());
      output.probes().keySet().forEach(probe -> shown.put(probe.name(), show(probe)));
      shown.forEach(
          (name, array) ->
              assertThat(array.dup('c').data().asDouble())
                  .as(name)
                  .matches(values -> Arrays.stream(values).allMatch(Double::isFinite)));
    }

    private INDArray value(SDVariable variable) {
      return Objects.requireNonNull(graph.evaluate(Map.of("it", variable)).get("it"));
    }
  }

  private static Built build(Options options, int batch, int length, @Nullable INDArray real) {
    AttentionSpec spec =
        AttentionSpec.multiHead(H, D)
            .withElementType(ElementType.F64)
            .withMasking(real == null ? Masking.NONE : Masking.PADDING);
    Set<Probe> probes = Set.copyOf(new SeaLayer(spec, SeaOptions.from(options)).probes());
    TestGraph graph = graph(spec, options, batch, length, probes);
    return new Built(graph, output(graph, options, real));
  }

  private static TestGraph graph(
      AttentionSpec spec, Options options, int batch, int length, Set<Probe> probes) {
    return new TestGraph(spec, batch, length, 2, probes)
        .withParameters(SeaParameters.of(spec, SeaOptions.from(options)), new SplittableRandom(17));
  }

  private static AttentionOutput output(TestGraph graph, Options options, @Nullable INDArray real) {
    SplittableRandom random = new SplittableRandom(23);
    long[] shape = {graph.batch(), H, graph.queries(), D};
    return new SeaLayer(graph.spec(), SeaOptions.from(options))
        .attend(
            graph,
            graph.input("query", gaussian(random, shape)),
            graph.input("key", gaussian(random, shape)),
            graph.input("value", gaussian(random, shape)),
            graph.mask(real));
  }

  private static INDArray gaussian(SplittableRandom random, long... shape) {
    double[] values = new double[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }
}
