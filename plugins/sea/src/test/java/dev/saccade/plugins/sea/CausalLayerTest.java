package dev.saccade.plugins.sea;

import static dev.saccade.plugins.sea.TensorDifference.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.option.Options;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class CausalLayerTest {

  private static final int T = 11;

  private static final INDArray RIGHT =
      Nd4j.createFromArray(
          new double[][] {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0}});

  private static final INDArray LEFT =
      Nd4j.createFromArray(
          new double[][] {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}});

  static List<Options> variants() {
    return List.of(
        options(Map.of()),
        options(Map.of("grouping", "query")),
        options(Map.of("joint-encoder", "true", "scaler", "false")),
        options(Map.of("deeper", "true", "keys", "at-most-k", "width", "4")),
        options(Map.of("oversample", "1.5", "scale", "queries")),
        options(Map.of("estimate-every", "3")));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void later_positions_do_not_change_earlier_results(Options options) {
    for (int last = 1; last < T; last++) {
      RandomLayer layer = RandomLayer.of(options, Masking.CAUSAL, 1, T, null);
      INDArray before = layer.context();

      for (String input : List.of("query", "key", "value")) {
        layer.input(input).get(all(), all(), interval(last, T), all()).muli(-7);
      }

      INDArray after = layer.context();
      assertClose("earlier", upTo(last, after), upTo(last, before), 1e-12);
      assertThat(after.distance2(before)).as("the change shows").isGreaterThan(1e-3);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 8, 65, 131})
  void lengths_below_and_above_the_width_give_finite_results(int length) {
    RandomLayer layer = RandomLayer.of(options(Map.of()), Masking.CAUSAL, 2, length, null);

    layer.assertFinite();
    INDArray kept = layer.show(Probe.KEPT);
    assertThat(kept.shape()).containsExactly(2, RandomLayer.H, length, length);
    INDArray future =
        Nd4j.ones(DataType.DOUBLE, length, length)
            .sub(lowerTriangle(length))
            .reshape(1, 1, length, length);
    assertThat(kept.mul(future).sumNumber().doubleValue()).isZero();
    assertThat(kept.sumNumber().doubleValue()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("variants")
  void padding_behind_changes_nothing_for_real_positions(Options options) {
    INDArray alone = RandomLayer.of(options, Masking.CAUSAL, 2, T, null).context();
    INDArray padded = RandomLayer.of(options, Masking.CAUSAL_PADDING, 2, T, RIGHT).context();

    assertClose("real positions", upTo(7, padded), upTo(7, alone), 1e-12);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void what_stands_in_padding_before_as_a_value_changes_nothing(Options options) {
    RandomLayer layer = RandomLayer.of(options, Masking.CAUSAL_PADDING, 2, T, LEFT);
    INDArray before = layer.context();

    layer.input("value").get(point(1), all(), interval(0, 3), all()).assign(99);

    layer.assertFinite();
    assertClose("context", layer.context(), before, 0);
    assertThat(before.get(point(1), all(), interval(0, 3), all()).amaxNumber().doubleValue())
        .as("positions that see nothing")
        .isZero();
  }

  @Test
  void skipped_queries_take_the_estimate_of_the_last_one_before() {
    RandomLayer layer =
        RandomLayer.of(options(Map.of("estimate-every", "4")), Masking.CAUSAL, 2, T, null);

    INDArray estimate = layer.show(Probe.ESTIMATED_ATTENTION); // [B, H, T, M]

    for (int query = 0; query < T; query++) {
      assertClose(
          "row of query " + query, row(estimate, query), row(estimate, query - query % 4), 0);
    }
    assertThat(row(estimate, 4).distance2(row(estimate, 3))).isGreaterThan(1e-3);
  }

  @Test
  void a_column_keeps_at_most_k_keys() {
    Options all = options(Map.of("width", "4"));

    INDArray kept =
        RandomLayer.of(all, Masking.CAUSAL, 1, 37, null).show(Probe.KEPT); // [B, H, T, S]
    INDArray fewer =
        RandomLayer.of(
                all.with(SeaOptions.KEY_RULE, KeyRule.AT_MOST_K), Masking.CAUSAL, 1, 37, null)
            .show(Probe.KEPT);

    // 37 keys under 4 columns; one column is kept, of nine or ten keys, and k = 2 of those remain
    assertThat(row(kept, 36).sumNumber().intValue()).isBetween(9, 10);
    assertThat(row(fewer, 36).sumNumber().intValue()).isEqualTo(2);
    assertClose("a part of all", fewer.mul(kept), fewer, 0);
  }

  @Test
  void scaled_queries_equal_queries_scaled_by_the_caller() {
    Options published = options(Map.of("scale", "queries"));
    Options callers = options(Map.of("scale", "nothing"));
    RandomLayer scaled = RandomLayer.of(callers, Masking.CAUSAL, 2, T, null);
    scaled.input("query").muli(1 / Math.sqrt(RandomLayer.D));

    INDArray context = RandomLayer.of(published, Masking.CAUSAL, 2, T, null).context();

    assertClose("context", context, scaled.context(), 1e-12);
  }

  @Test
  void scaling_the_scores_leaves_the_estimate_as_it_is() {
    RandomLayer scores = RandomLayer.of(options(Map.of()), Masking.CAUSAL, 2, T, null);
    RandomLayer nothing =
        RandomLayer.of(options(Map.of("scale", "nothing")), Masking.CAUSAL, 2, T, null);
    RandomLayer queries =
        RandomLayer.of(options(Map.of("scale", "queries")), Masking.CAUSAL, 2, T, null);

    INDArray estimate = scores.show(Probe.ESTIMATED_ATTENTION);
    assertClose("estimate", nothing.show(Probe.ESTIMATED_ATTENTION), estimate, 0);
    assertThat(queries.show(Probe.ESTIMATED_ATTENTION).distance2(estimate)).isGreaterThan(1e-3);
    assertThat(nothing.context().distance2(scores.context())).isGreaterThan(1e-3);
  }

  @Test
  void a_sequence_longer_than_the_learned_positions_is_refused_with_both_numbers() {
    int known = RandomLayer.POSITIONS;

    assertThatThrownBy(() -> RandomLayer.of(options(Map.of()), Masking.CAUSAL, 1, known + 1, null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has learned %d positions".formatted(known))
        .hasMessageContaining("has %d".formatted(known + 1));
  }

  private static Options options(Map<String, String> texts) {
    Options options = Options.parse(SeaOptions.SCHEMA, texts);
    return texts.containsKey("width") ? options : options.with(SeaOptions.WIDTH, 8);
  }

  private static INDArray upTo(int end, INDArray context) {
    return context.get(all(), all(), interval(0, end), all());
  }

  private static INDArray row(INDArray matrix, int query) {
    return matrix
        .get(all(), all(), interval(query, query + 1), all())
        .dup('c')
        .reshape(matrix.size(0), matrix.size(1), matrix.size(3));
  }

  private static INDArray lowerTriangle(int length) {
    double[][] ones = new double[length][length];
    for (int row = 0; row < length; row++) {
      Arrays.fill(ones[row], 0, row + 1, 1);
    }
    return Nd4j.createFromArray(ones);
  }
}
