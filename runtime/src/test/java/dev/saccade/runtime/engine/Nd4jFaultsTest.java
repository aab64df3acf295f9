package dev.saccade.runtime.engine;

import static dev.saccade.runtime.engine.GradientCheck.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDIndex;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Shows that the faults of ND4J 1.0.0-M2.1 that the engine works around are still there.
 *
 * <p>When one of these fails, ND4J was mended: drop the workaround that the message names, the rule
 * in {@link GraphGuard}, and the test.
 */
class Nd4jFaultsTest {

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static String mended(String workaround) {
    return "ND4J seems mended; the workaround can go: " + workaround;
  }

  /** The gradient of Σ weights·op(x) by SameDiff's own means, x being {@code [2, 3, 5]}. */
  private static INDArray gradient(UnaryOperator<SDVariable> op, INDArray weights) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 2, 3, 5));
    op.apply(x).mul(graph.constant(weights)).sum("loss");
    graph.setLossVariables("loss");
    return Objects.requireNonNull(graph.calculateGradients(Map.of(), "x").get("x"));
  }

  @Test
  void nd4j_still_reduces_wrongly_over_a_negative_axis_that_is_kept() {
    SameDiff graph = SameDiff.create();
    INDArray x = numbers(1, 2, 3, 5);
    graph.var("x", x).sum("sum", true, -1);

    INDArray actual = Objects.requireNonNull(graph.outputSingle(Map.of(), "sum"));

    assertThat(actual.equalsWithEps(x.sum(true, 2), 1e-9))
        .as(mended("GraphOps.sum, mean and max"))
        .isFalse();
  }

  @Test
  void nd4j_still_gathers_with_a_wrong_gradient_for_repeated_ids() {
    SameDiff graph = SameDiff.create();
    SDVariable table = graph.var("table", numbers(1, 3, 2));
    SDVariable ids = graph.constant(Nd4j.createFromArray(new int[] {1, 1}));
    graph.gather(table, ids, 0).sum("loss");
    graph.setLossVariables("loss");

    INDArray gradient =
        Objects.requireNonNull(graph.calculateGradients(Map.of(), "table").get("table"));

    assertThat(gradient.getDouble(1, 0)).as(mended("GraphOps.embedding")).isNotEqualTo(2);
  }

  @Test
  void nd4j_still_ignores_the_upstream_gradient_of_sparse_cross_entropy() {
    INDArray labels = Nd4j.createFromArray(new int[] {4, 0, 3});
    UnaryOperator<SDVariable> loss =
        x ->
            x.getSameDiff()
                .loss()
                .sparseSoftmaxCrossEntropy(
                    x.getSameDiff().reshape(x, 6, 5).get(SDIndex.interval(0, 3), SDIndex.all()),
                    x.getSameDiff().constant(labels));

    INDArray once = gradient(loss, Nd4j.ones(DataType.DOUBLE, 3));
    INDArray threefold = gradient(loss, Nd4j.ones(DataType.DOUBLE, 3).mul(3));

    assertThat(threefold.equalsWithEps(once.mul(3), 1e-9))
        .as(mended("GraphOps.sparseCrossEntropy"))
        .isFalse();
  }

  @Test
  void nd4j_still_differentiates_cumsum_wrongly() {
    INDArray weights = numbers(2, 2, 3, 5);
    INDArray fromEnd = weights.dup();
    for (int i = 3; i >= 0; i--) {
      fromEnd.tensorAlongDimension(i, 0, 1).addi(fromEnd.tensorAlongDimension(i + 1, 0, 1));
    }

    INDArray gradient = gradient(x -> x.getSameDiff().cumsum(x, false, false, 2), weights);

    assertThat(gradient.equalsWithEps(fromEnd, 1e-9))
        .as(mended("GraphOps.cumulativeSum"))
        .isFalse();
  }

  @Test
  void nd4j_still_cannot_differentiate_log_sum_exp_over_an_axis() {
    assertThatThrownBy(
            () ->
                gradient(
                    x -> x.getSameDiff().math().logSumExp(x, 2), Nd4j.ones(DataType.DOUBLE, 2, 3)))
        .as(mended("GraphOps.logSumExp"))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void nd4j_still_cannot_differentiate_log_softmax_over_a_given_axis() {
    assertThatThrownBy(
            () ->
                gradient(
                    x -> x.getSameDiff().nn().logSoftmax(x, 2),
                    Nd4j.ones(DataType.DOUBLE, 2, 3, 5)))
        .as(mended("GraphOps.logSoftmax"))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void samediff_still_takes_a_placeholder_of_the_wrong_shape() {
    SameDiff graph = SameDiff.create();
    graph.placeHolder("x", DataType.DOUBLE, 2, 3).mul("y", 2);

    INDArray y = graph.outputSingle(Map.of("x", numbers(1, 5, 7)), "y");

    assertThat(y.shape()).as(mended("GraphRunner's check of inputs")).containsExactly(5, 7);
  }

  @Test
  void samediff_still_prints_while_it_derives() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      gradient(x -> x.mul(2), Nd4j.ones(DataType.DOUBLE, 2, 3, 5));
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8))
        .as(mended("GradientFunction's silence"))
        .contains("differentiated");
  }

  @Test
  void a_transpose_is_still_f_ordered_without_being_a_view() {
    INDArray transposed = numbers(1, 3, 5).transpose();

    assertThat(transposed.ordering() == 'f' && !transposed.isView())
        .as(mended("the check of ordering() in DenseArrays"))
        .isTrue();
  }

  @Test
  void a_permutation_of_inner_axes_is_still_called_c_ordered_without_being_a_view() {
    INDArray permuted = numbers(1, 2, 3, 5).permute(1, 0, 2);

    assertThat(permuted.ordering() == 'c' && !permuted.isView())
        .as(mended("the check of strides in DenseArrays"))
        .isTrue();
  }

  @Test
  void mmul_still_wants_operands_of_equal_rank() {
    SameDiff graph = SameDiff.create();
    graph.var("x", numbers(1, 2, 3, 5)).mmul("y", graph.var("w", numbers(2, 5, 7)));

    assertThatThrownBy(() -> graph.outputSingle(Map.of(), "y"))
        .as(mended("GraphOps.linear"))
        .isInstanceOf(RuntimeException.class);
  }

  @Test
  void nd4js_gelu_is_still_an_approximation() {
    SameDiff graph = SameDiff.create();
    graph.nn().gelu("y", graph.var("x", Nd4j.createFromArray(1.0)));

    double y = graph.outputSingle(Map.of(), "y").getDouble(0);

    assertThat(Math.abs(y - 0.8413447460685429)).as(mended("GraphOps.gelu")).isGreaterThan(1e-5);
  }
}
