package dev.saccade.runtime.engine;

import static dev.saccade.runtime.engine.GradientCheck.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphOpsTest {

  /** x is {@code [2, 3, 5]} throughout. */
  private static final int ROWS = 2 * 3;

  private static final int N = 5;

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static GradientCheck unary(UnaryOperator<SDVariable> op, long... outputShape) {
    return new GradientCheck(
        Map.of("x", numbers(1, 2, 3, N)), outputShape, in -> op.apply(in.get("x")));
  }

  private static double[] values(INDArray array) {
    return array.dup('c').data().asDouble();
  }

  /** Applies a formula to each row of x, one after the other. */
  private static double[] byRow(UnaryOperator<double[]> formula) {
    double[] x = values(numbers(1, 2, 3, N));
    DoubleStream all = DoubleStream.empty();
    for (int row = 0; row < ROWS; row++) {
      double[] result = formula.apply(Arrays.copyOfRange(x, row * N, (row + 1) * N));
      all = DoubleStream.concat(all, Arrays.stream(result));
    }
    return all.toArray();
  }

  private static double logSumExp(double[] row) {
    return Math.log(Arrays.stream(row).map(Math::exp).sum());
  }

  private static double[] map(double[] row, DoubleUnaryOperator f) {
    return Arrays.stream(row).map(f).toArray();
  }

  @Test
  void softmax_is_right_in_value_and_gradient() {
    try (GradientCheck check = unary(GraphOps::softmax, 2, 3, N)) {
      assertThat(values(check.value()))
          .containsExactly(
              byRow(row -> map(row, v -> Math.exp(v - logSumExp(row)))), within(1e-15));
      check.requireGradientOf("x");
    }
  }

  @Test
  void softmax_of_a_fully_masked_row_is_zero_with_zero_gradient() {
    INDArray x = numbers(1, 2, 3, N);
    x.tensorAlongDimension(4, 2).assign(Double.NEGATIVE_INFINITY);
    SameDiff graph = SameDiff.create();
    SDVariable weights = GraphOps.softmax(graph.var("x", x)).rename("weights");
    weights.mul(weights).sum("loss");

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs outputs =
            runner.gradients(Map.of(), "loss", List.of("x"), List.of("weights"))) {

      double[] actual = values(outputs.get("weights"));
      assertThat(Arrays.copyOfRange(actual, 4 * N, 5 * N)).containsOnly(0);
      assertThat(Arrays.copyOfRange(values(outputs.get("x")), 4 * N, 5 * N)).containsOnly(0);
      assertThat(Arrays.stream(actual).sum()).isCloseTo(ROWS - 1, within(1e-14));
    }
  }

  @Test
  void softmax_does_not_hide_nan() {
    INDArray x = numbers(1, 2, 3, N);
    x.putScalar(7, Double.NaN);
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x), new long[] {2, 3, N}, in -> GraphOps.softmax(in.get("x")))) {
      assertThat(Arrays.copyOfRange(values(check.value()), N, 2 * N)).containsOnly(Double.NaN);
    }
  }

  @Test
  void log_softmax_is_right_in_value_and_gradient() {
    try (GradientCheck check = unary(GraphOps::logSoftmax, 2, 3, N)) {
      assertThat(values(check.value()))
          .containsExactly(byRow(row -> map(row, v -> v - logSumExp(row))), within(1e-14));
      check.requireGradientOf("x");
    }
  }

  @Test
  void log_sum_exp_is_right_in_value_and_gradient() {
    try (GradientCheck check = unary(GraphOps::logSumExp, 2, 3, 1)) {
      assertThat(values(check.value()))
          .containsExactly(byRow(row -> new double[] {logSumExp(row)}), within(1e-14));
      check.requireGradientOf("x");
    }
  }

  @Test
  void log_sum_exp_of_large_numbers_does_not_overflow() {
    INDArray x = Nd4j.createFromArray(new double[][] {{1000, 1000}});
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x), new long[] {1, 1}, in -> GraphOps.logSumExp(in.get("x")))) {
      assertThat(check.value().getDouble(0)).isCloseTo(1000 + Math.log(2), within(1e-12));
    }
  }

  @Test
  void gelu_is_right_in_value_and_gradient() {
    try (GradientCheck check = unary(GraphOps::gelu, 2, 3, N)) {
      assertThat(values(check.value()))
          .containsExactly(
              byRow(row -> map(row, v -> v * 0.5 * (1 + Erf.erf(v * Math.sqrt(0.5))))),
              within(1e-14));
      check.requireGradientOf("x");
    }
  }

  @Test
  void relu_is_right_in_value_and_gradient() {
    try (GradientCheck check = unary(GraphOps::relu, 2, 3, N)) {
      assertThat(values(check.value()))
          .containsExactly(byRow(row -> map(row, v -> v > 0 ? v : 0)), within(0.0));
      check.requireGradientOf("x");
    }
  }

  @Test
  void layer_norm_is_right_in_value_and_every_gradient() {
    INDArray gain = numbers(2, N);
    INDArray bias = numbers(3, N);
    double epsilon = 0.03;
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", numbers(1, 2, 3, N), "gain", gain, "bias", bias),
            new long[] {2, 3, N},
            in -> GraphOps.layerNorm(in.get("x"), in.get("gain"), in.get("bias"), epsilon))) {
      assertThat(values(check.value()))
          .containsExactly(
              byRow(row -> normalised(row, values(gain), values(bias), epsilon)), within(1e-14));
      check.requireGradientOf("x");
      check.requireGradientOf("gain");
      check.requireGradientOf("bias");
    }
  }

  private static double[] normalised(double[] row, double[] gain, double[] bias, double epsilon) {
    double mean = Arrays.stream(row).average().orElseThrow();
    double variance = Arrays.stream(row).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] result = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      result[i] = gain[i] * (row[i] - mean) / Math.sqrt(variance + epsilon) + bias[i];
    }
    return result;
  }

  @Test
  void layer_norm_refuses_a_gain_of_another_length() {
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", numbers(1, 2, 3, N), "gain", numbers(2, 7), "bias", numbers(3, 7)),
            new long[] {2, 3, N},
            in -> GraphOps.layerNorm(in.get("x"), in.get("gain"), in.get("bias"), 0.1))) {
      assertThatThrownBy(check::value)
          .hasMessageContaining("[..., N], [N] and [N] but are [[2, 3, 5], [7], [7]]");
    }
  }

  @Test
  void embedding_adds_up_the_gradients_of_repeated_ids() {
    INDArray table = numbers(1, 7, 3);
    try (GradientCheck check =
        new GradientCheck(
            Map.of("table", table),
            new long[] {2, 5, 3},
            in -> GraphOps.embedding(in.get("table"), ids(in.get("table"))))) {
      double[] value = values(check.value());
      assertThat(Arrays.copyOfRange(value, 3, 6)).containsExactly(values(table.getRow(6)));
      assertThat(Arrays.copyOfRange(value, 27, 30)).containsExactly(values(table.getRow(2)));
      check.requireGradientOf("table");
    }
  }

  private static SDVariable ids(SDVariable sibling) {
    int[][] ids = {{4, 6, 6, 0, 6}, {1, 4, 1, 2, 2}};
    return sibling.getSameDiff().constant(Nd4j.createFromArray(ids));
  }

  @Test
  void two_embeddings_of_one_table_add_their_gradients() {
    try (GradientCheck check =
        new GradientCheck(
            Map.of("table", numbers(1, 7, 3)),
            new long[] {2, 5, 3},
            in -> {
              SDVariable table = in.get("table");
              return GraphOps.embedding(table, ids(table))
                  .mul(GraphOps.embedding(table, ids(table)));
            })) {
      check.requireGradientOf("table");
    }
  }

  @Test
  void an_embedding_gives_the_row_of_padding_no_gradient_and_all_others_theirs() {
    SameDiff graph = SameDiff.create();
    SDVariable table = graph.var("table", numbers(1, 7, 3));
    GraphOps.embedding(table, ids(table), 6).sum().rename("loss");

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs found = runner.gradients(Map.of(), "loss", List.of("table"))) {
      INDArray gradient = found.get("table");
      double[] times = {1, 2, 2, 0, 2, 0, 0}; // 6 is asked for three times
      for (int row = 0; row < times.length; row++) {
        assertThat(values(gradient.getRow(row))).containsOnly(times[row]);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 7})
  void embedding_refuses_an_id_outside_the_table(int id) {
    SameDiff graph = SameDiff.create();
    SDVariable ids = graph.placeHolder("ids", DataType.INT32, -1);
    GraphOps.embedding(graph.var("table", numbers(1, 7, 3)), ids).rename("rows");
    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(
              () -> runner.run(Map.of("ids", Nd4j.createFromArray(new int[] {3, id})), "rows"))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("ids must be from 0 to 6 but number 1 is " + id);
    }
  }

  @Test
  void sparse_cross_entropy_is_right_and_uses_the_upstream_gradient() {
    int[][] labels = {{4, 0, 3}, {3, -1, 1}};
    try (GradientCheck check =
        unary(
            x ->
                GraphOps.sparseCrossEntropy(
                    x, x.getSameDiff().constant(Nd4j.createFromArray(labels))),
            2,
            3)) {
      int[] flat = {4, 0, 3, 3, -1, 1};
      int[] row = {0};
      assertThat(values(check.value()))
          .containsExactly(
              byRow(
                  logits -> {
                    int label = flat[row[0]++];
                    return new double[] {label < 0 ? 0 : logSumExp(logits) - logits[label]};
                  }),
              within(1e-14));
      check.requireGradientOf("x");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, -1, -2, -3})
  void cumulative_sum_is_right_in_value_and_gradient(int axis) {
    INDArray expected = numbers(1, 2, 3, N).cumsum(Math.floorMod(axis, 3));
    try (GradientCheck check = unary(x -> GraphOps.cumulativeSum(x, axis), 2, 3, N)) {
      assertThat(values(check.value())).containsExactly(values(expected), within(1e-14));
      check.requireGradientOf("x");
    }
  }

  @Test
  void linear_is_right_in_value_and_every_gradient() {
    INDArray x = numbers(1, 2, 3, N);
    Map<String, INDArray> variables = new LinkedHashMap<>();
    variables.put("x", x);
    variables.put("w", numbers(2, N, 7));
    variables.put("b", numbers(3, 7));
    INDArray expected =
        x.reshape(ROWS, N)
            .mmul(Objects.requireNonNull(variables.get("w")))
            .addRowVector(Objects.requireNonNull(variables.get("b")));
    try (GradientCheck check =
        new GradientCheck(
            variables,
            new long[] {2, 3, 7},
            in -> GraphOps.linear(in.get("x"), in.get("w"), in.get("b")))) {
      assertThat(values(check.value())).containsExactly(values(expected), within(1e-14));
      check.requireGradientOf("x");
      check.requireGradientOf("w");
      check.requireGradientOf("b");
    }
  }

  @Test
  void linear_adds_to_a_base() {
    Map<String, INDArray> variables = new LinkedHashMap<>();
    variables.put("x", numbers(1, 2, 3, N));
    variables.put("w", numbers(2, N, 7));
    variables.put("b", numbers(3, 7));
    variables.put("base", numbers(4, 2, 3, 7));
    INDArray expected =
        Objects.requireNonNull(variables.get("x"))
            .reshape(ROWS, N)
            .mmul(Objects.requireNonNull(variables.get("w")))
            .addRowVector(Objects.requireNonNull(variables.get("b")))
            .add(Objects.requireNonNull(variables.get("base")).reshape(ROWS, 7));
    try (GradientCheck check =
        new GradientCheck(
            variables,
            new long[] {2, 3, 7},
            in -> GraphOps.linear(in.get("x"), in.get("w"), in.get("b"), in.get("base")))) {
      assertThat(values(check.value())).containsExactly(values(expected), within(1e-14));
      variables.keySet().forEach(check::requireGradientOf);
    }
  }

  @Test
  void linear_needs_no_bias() {
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", numbers(1, 2, 3, N), "w", numbers(2, N, 7)),
            new long[] {2, 3, 7},
            in -> GraphOps.linear(in.get("x"), in.get("w")))) {
      check.requireGradientOf("x");
      check.requireGradientOf("w");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, -1, -2, -3})
  void reductions_over_any_axis_are_right(int axis) {
    int positive = Math.floorMod(axis, 3);
    INDArray x = numbers(1, 2, 3, N);
    long[] kept = {2, 3, N};
    kept[positive] = 1;
    try (GradientCheck sum = unary(v -> GraphOps.sum(v, axis), kept);
        GradientCheck mean = unary(v -> GraphOps.mean(v, axis), kept);
        GradientCheck max = unary(v -> GraphOps.max(v, axis), kept)) {
      assertThat(values(sum.value())).containsExactly(values(x.sum(positive)), within(1e-14));
      assertThat(values(mean.value())).containsExactly(values(x.mean(positive)), within(1e-14));
      assertThat(values(max.value())).containsExactly(values(x.max(positive)));
      sum.requireGradientOf("x");
      mean.requireGradientOf("x");
      max.requireGradientOf("x");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3,1", "1,1", "1,3", "2,1,5", "7", "1", "3,5000,2", "2,5003"})
  void reductions_take_every_shape(String axes) {
    long[] shape = Stream.of(axes.split(",")).mapToLong(Long::parseLong).toArray();
    INDArray x = numbers(1, shape);
    for (int axis = 0; axis < shape.length; axis++) {
      long[] kept = shape.clone();
      kept[axis] = 1;
      int reduced = axis;
      try (GradientCheck sum =
              new GradientCheck(Map.of("x", x), kept, in -> GraphOps.sum(in.get("x"), reduced));
          GradientCheck max =
              new GradientCheck(Map.of("x", x), kept, in -> GraphOps.max(in.get("x"), reduced))) {

        assertThat(values(sum.value()))
            .containsExactly(reduced(x, shape, axis, Double::sum), within(1e-12 * shape[axis]));
        assertThat(values(max.value())).containsExactly(reduced(x, shape, axis, Math::max));
      }
    }
  }

  private static double[] reduced(
      INDArray x, long[] shape, int axis, DoubleBinaryOperator operator) {
    double[] all = values(x);
    int inner = 1;
    for (int i = axis + 1; i < shape.length; i++) {
      inner *= (int) shape[i];
    }
    int n = (int) shape[axis];
    double[] result = new double[all.length / n];
    for (int i = 0; i < result.length; i++) {
      int start = i / inner * n * inner + i % inner;
      result[i] = all[start];
      for (int step = 1; step < n; step++) {
        result[i] = operator.applyAsDouble(result[i], all[start + step * inner]);
      }
    }
    return result;
  }

  @Test
  void of_several_that_are_greatest_the_first_gets_the_gradient() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", Nd4j.createFromArray(new double[][] {{1, 5, 5}, {4, 2, 4}}));
    GraphOps.max(x, 1).sum("loss");

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs outputs = runner.gradients(Map.of(), "loss", List.of("x"))) {

      assertThat(values(outputs.get("x"))).containsExactly(0, 1, 0, 1, 0, 0);
    }
  }

  @Test
  void a_reduction_does_not_hide_nan() {
    INDArray x = numbers(1, 2, 3);
    x.putScalar(4, Double.NaN);
    try (GradientCheck max =
        new GradientCheck(Map.of("x", x), new long[] {2, 1}, in -> GraphOps.max(in.get("x"), 1))) {
      assertThat(max.value().getDouble(0)).isFinite();
      assertThat(max.value().getDouble(1)).isNaN();
    }
  }

  @Test
  void a_transposed_input_is_read_in_the_right_order() {
    INDArray x = numbers(1, N, 7).transpose();
    assertThat(x.ordering()).isEqualTo('f');
    SameDiff graph = SameDiff.create();
    GraphOps.softmax(graph.placeHolder("x", DataType.DOUBLE, 7, N)).rename("y");

    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs strided = runner.run(Map.of("x", x), "y");
        GraphOutputs dense = runner.run(Map.of("x", x.dup('c')), "y")) {

      assertThat(strided.get("y")).isEqualTo(dense.get("y"));
    }
  }

  @Test
  void floats_are_as_right_as_floats_can_be_on_many_threads() {
    INDArray x = numbers(1, 211, 523);
    INDArray narrow = x.castTo(DataType.FLOAT);
    SameDiff wide = SameDiff.create();
    GraphOps.softmax(GraphOps.gelu(wide.var("x", narrow.castTo(DataType.DOUBLE)))).rename("y");
    SameDiff single = SameDiff.create();
    GraphOps.softmax(GraphOps.gelu(single.var("x", narrow))).rename("y");

    try (GraphRunner precise = new GraphRunner(wide);
        GraphRunner fast = new GraphRunner(single);
        GraphOutputs expected = precise.run(Map.of(), "y");
        GraphOutputs actual = fast.run(Map.of(), "y")) {

      double[] e = values(expected.get("y"));
      double[] a = values(actual.get("y"));
      for (int i = 0; i < e.length; i++) {
        assertThat(Math.abs(a[i] - e[i]) <= 1e-6 * e[i]).as("[%d] %s %s", i, a[i], e[i]).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 19, 40})
  void heads_are_split_as_by_reshape_and_permute(int positions) {
    INDArray x = numbers(1, 2L * positions, 3 * 5);
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x),
            new long[] {2, 3, positions, 5},
            in -> GraphOps.splitHeads(in.get("x"), 2, 3))) {
      INDArray expected = x.dup('c').reshape('c', 2, positions, 3, 5).permute(0, 2, 1, 3);
      assertThat(values(check.value())).containsExactly(values(expected));
      check.requireGradientOf("x");
    }
  }

  @Test
  void merging_heads_undoes_splitting_them() {
    INDArray x = numbers(1, 2 * 17, 3 * 5);
    try (GradientCheck check =
        new GradientCheck(
            Map.of("x", x),
            new long[] {2 * 17, 3 * 5},
            in -> GraphOps.mergeHeads(GraphOps.splitHeads(in.get("x"), 2, 3), 2, 3))) {
      assertThat(values(check.value())).containsExactly(values(x));
      check.requireGradientOf("x");
    }
  }
}
