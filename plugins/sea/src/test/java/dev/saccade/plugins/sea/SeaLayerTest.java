package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class SeaLayerTest {

  private static final int H = RandomLayer.H;
  private static final int D = RandomLayer.D;
  private static final int M = 8;
  private static final Options DEFAULTS =
      Options.defaults(SeaOptions.SCHEMA).with(SeaOptions.WIDTH, M);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 11, 37})
  void lengths_below_and_above_the_width_of_the_estimate_give_finite_results(int length) {
    RandomLayer layer = build(DEFAULTS, 2, length, null);

    assertThat(layer.context().shape()).containsExactly(2, H, length, D);
    assertThat(layer.show(Probe.ATTENTION).shape()).containsExactly(2, H, length, length);
    assertThat(layer.show(Probe.ESTIMATED_ATTENTION).shape()).containsExactly(2, H, length, M);
    assertThat(layer.show(Probe.KEPT).shape()).containsExactly(2, H, length, length);
    assertThat(layer.show(Probe.ROW_SUMS).shape()).containsExactly(2, H, length);
    layer.assertFinite();
  }

  @Test
  void a_lone_position_attends_to_itself() {
    RandomLayer layer = build(DEFAULTS.with(SeaOptions.SCALER, false), 1, 1, null);

    assertThat(layer.show(SeaLayer.SPARSE_ATTENTION).data().asDouble()).containsOnly(1.0);
  }

  @Test
  void sparse_attention_is_zero_outside_the_kept_keys_and_sums_to_one_inside() {
    RandomLayer layer = build(DEFAULTS.with(SeaOptions.SCALER, false), 2, 11, null);

    INDArray attention = layer.show(SeaLayer.SPARSE_ATTENTION);
    INDArray kept = layer.show(Probe.KEPT);
    INDArray someKept = kept.max(3); // [B, H, T]
    assertThat(someKept.meanNumber().doubleValue()).as("rows with keys").isBetween(0.3, 0.99);
    assertClose("attention to kept keys", attention.mul(kept), attention, 0);
    assertClose("sums of rows", attention.sum(3), someKept, 1e-12);
  }

  @Test
  void the_row_gate_scales_sparse_attention_down() {
    RandomLayer layer = build(DEFAULTS, 2, 11, null);

    INDArray sums = layer.show(SeaLayer.SPARSE_ATTENTION).sum(3);

    assertThat(sums.maxNumber().doubleValue()).isStrictlyBetween(0.0, 1.0);
  }

  @ParameterizedTest
  @CsvSource({"NONE, 1", "PADDING, 1", "CAUSAL, 1", "CAUSAL_PADDING, 1", "CAUSAL_PADDING, 3"})
  void attention_times_the_values_is_the_context(Masking masking, int every) {
    INDArray real =
        masking.padded()
            ? Nd4j.createFromArray(new double[][] {{0, 1, 1, 0, 1, 1, 1}, {1, 1, 1, 1, 1, 0, 0}})
            : null;
    Options options = DEFAULTS.with(SeaOptions.ESTIMATE_EVERY, every);

    RandomLayer layer = RandomLayer.of(options, masking, 2, 7, real);

    INDArray attention = layer.show(Probe.ATTENTION); // [B, H, T, S]
    INDArray mixed = Nd4j.matmul(attention, layer.input("value"));
    assertClose("attention times values", mixed, layer.context(), 1e-12);
    assertClose("row sums", layer.show(Probe.ROW_SUMS), attention.sum(3), 1e-12);
  }

  @Test
  void the_stretched_estimate_gives_every_key_the_weight_of_its_column() {
    RandomLayer layer = build(DEFAULTS, 2, 2 * M, null);

    INDArray estimate = layer.show(Probe.ESTIMATED_ATTENTION); // [B, H, T, M]
    INDArray stretched = layer.show(SeaLayer.STRETCHED_ESTIMATE); // [B, H, T, S]

    assertClose("two keys a column", stretched, estimate.repeat(3, 2), 0);
  }

  @Test
  void the_average_has_what_the_kept_keys_leave_of_the_context() {
    RandomLayer layer = RandomLayer.of(DEFAULTS, Masking.CAUSAL, 2, 7, null);

    INDArray share = layer.show(SeaLayer.AVERAGE_SHARE).reshape(2, H, 7, 1);
    INDArray attention = layer.show(Probe.ATTENTION);
    INDArray sparse = layer.show(SeaLayer.SPARSE_ATTENTION);

    // The average of t + 1 values gives the first key, which all see, 1 / (t + 1).
    INDArray toFirst =
        attention.sub(sparse.mul(share.rsub(1.0))).get(all(), all(), all(), point(0));
    INDArray number = Nd4j.arange(1, 8).castTo(DataType.DOUBLE).reshape(1, 1, 7);
    assertClose("share", toFirst.mul(number), share.reshape(2, H, 7), 1e-12);
  }

  @Test
  void skipped_queries_take_the_estimate_of_the_last_one_before() {
    RandomLayer layer = build(DEFAULTS.with(SeaOptions.ESTIMATE_EVERY, 3), 1, 7, null);

    INDArray estimate = layer.show(Probe.ESTIMATED_ATTENTION); // [1, H, T, M]

    for (int query = 0; query < 7; query++) {
      assertClose(
          "row of query " + query,
          estimate.get(all(), all(), point(query), all()),
          estimate.get(all(), all(), point(query - query % 3), all()),
          0);
    }
  }

  @Test
  void rows_of_the_estimate_sum_to_one() {
    RandomLayer layer = build(DEFAULTS, 2, 5, null);

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

    RandomLayer layer = build(DEFAULTS.with(SeaOptions.GROUPING, grouping), 2, 5, real);

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

    RandomLayer layer = build(DEFAULTS.with(SeaOptions.GROUPING, grouping), 2, 5, real);

    layer.assertFinite();
    assertThat(layer.context().slice(0).norm2Number().doubleValue()).isPositive();
    assertClose("context", layer.context().slice(1), Nd4j.zeros(DataType.DOUBLE, H, 5, D), 0);
  }

  @Test
  void a_sequence_of_nothing_but_padding_gives_zero_with_oversampling() {
    INDArray real = Nd4j.createFromArray(new double[][] {{1, 1, 1, 1, 1}, {0, 0, 0, 0, 0}});

    RandomLayer layer = build(DEFAULTS.with(SeaOptions.OVERSAMPLE, 1.5), 2, 5, real);

    layer.assertFinite();
    assertThat(layer.context().slice(1).norm2Number().doubleValue()).isZero();
  }

  @Test
  void a_mask_of_real_positions_alone_changes_nothing() {
    RandomLayer without = build(DEFAULTS, 2, 5, null);
    RandomLayer with = build(DEFAULTS, 2, 5, Nd4j.ones(DataType.DOUBLE, 2, 5));

    assertClose("context", with.context(), without.context(), 0);
  }

  @Test
  void what_stands_in_padding_as_a_value_changes_nothing() {
    INDArray real = Nd4j.createFromArray(new double[][] {{1, 1, 1, 0, 0}});
    RandomLayer layer = build(DEFAULTS, 1, 5, real);
    INDArray before = layer.context();

    INDArray values = Objects.requireNonNull(layer.graph().arrays().get("value"));
    values.get(all(), all(), interval(3, 5), all()).assign(99);

    assertClose("context", layer.context(), before, 0);
  }

  @Test
  void k_can_be_changed_on_a_built_graph() {
    RandomLayer layer = build(DEFAULTS, 2, 11, null);
    double few = layer.show(Probe.KEPT).sumNumber().doubleValue();

    layer.graph().setKept(11);

    assertThat(layer.show(Probe.KEPT).sumNumber().doubleValue())
        .isGreaterThan(few)
        .isEqualTo(2 * H * 11 * 11);
  }

  @Test
  void computes_only_the_probes_that_are_asked_for() {
    SeaLayer layer = new SeaLayer(RandomLayer.spec(Masking.NONE), SeaOptions.from(DEFAULTS));

    assertThat(RandomLayer.of(layer, 1, 5, null, Set.of()).output().probes()).isEmpty();
  }

  @Test
  void equal_inputs_give_equal_bits() {
    RandomLayer layer = build(DEFAULTS, 2, 11, null);

    assertClose("context", layer.context(), layer.context(), 0);
  }

  private static RandomLayer build(
      Options options, int batch, int length, @Nullable INDArray real) {
    return RandomLayer.of(
        options, real == null ? Masking.NONE : Masking.PADDING, batch, length, real);
  }
}
