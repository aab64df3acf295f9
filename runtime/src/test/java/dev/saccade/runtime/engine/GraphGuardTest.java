package dev.saccade.runtime.engine;

import static dev.saccade.runtime.engine.GradientCheck.numbers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.factory.Nd4j;

class GraphGuardTest {

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  private static SDVariable ids(SDVariable sibling, int... values) {
    return sibling.getSameDiff().constant(Nd4j.createFromArray(values));
  }

  private static Arguments fault(String instead, UnaryOperator<SDVariable> op) {
    return Arguments.of(instead, op);
  }

  /** Each op is built on x {@code [2, 3, 5]}. */
  static Stream<Arguments> faults() {
    return Stream.of(
        fault("GraphOps.sum, mean or max", x -> x.sum(true, -1)),
        fault("GraphOps.sum, mean or max", x -> x.mean(true, -2)),
        fault("GraphOps.sum, mean or max", x -> x.max(true, -1)),
        fault("GraphOps.sum, mean or max", x -> x.norm2(true, -1)),
        fault("GraphOps.embedding", x -> x.getSameDiff().gather(x, ids(x, 0, 1), 0)),
        fault(
            "GraphOps.sparseCrossEntropy",
            x -> x.getSameDiff().loss().sparseSoftmaxCrossEntropy(x, ids(x, 0, 1))),
        fault("GraphOps.cumulativeSum", x -> x.getSameDiff().cumsum(x, false, false, 1)),
        fault("GraphOps.cumulativeSum", x -> x.getSameDiff().cumprod(x, false, false, 1)),
        fault("GraphOps.logSumExp", x -> x.getSameDiff().math().logSumExp(x, 2)),
        fault("GraphOps.logSoftmax", x -> x.getSameDiff().nn().logSoftmax(x, 1)),
        fault("mask of 0 and 1", x -> x.getSameDiff().gatherNd(x, ids(x, 0, 1))),
        fault("mask of 0 and 1", x -> x.getSameDiff().clipByNorm(x, 1.0)),
        fault("one-hot", x -> x.getSameDiff().unsortedSegmentSum(x, ids(x, 0, 1), 2)));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void refuses_an_op_that_is_computed_wrongly_and_says_what_to_use(
      String instead, UnaryOperator<SDVariable> op) {
    SameDiff graph = SameDiff.create();
    SDVariable result = op.apply(graph.var("x", numbers(1, 2, 3, 5)));

    List<GraphGuard.Refusal> refusals = GraphGuard.refusals(graph);

    assertThat(refusals).hasSize(1);
    assertThat(refusals.get(0).variable()).isEqualTo(result.name());
    assertThat(refusals.get(0).instead()).contains(instead);
  }

  @Test
  void accepts_a_transformer_built_of_sound_ops() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 2, 3, 5));
    SDVariable scores = graph.mmul(x, x, false, true, false).mul(0.3);
    SDVariable mixed = graph.mmul(graph.nn().softmax(scores, -1), x);
    SDVariable mean = GraphOps.mean(GraphOps.gelu(mixed), -1);
    graph.nn().logSoftmax(mean.sub(x)).sum(false, -1);

    assertThat(GraphGuard.refusals(graph)).isEmpty();
  }

  @Test
  void blames_only_the_ops_that_were_added_since() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 2, 3, 5));
    x.sum(true, -1);
    Set<String> known = Set.copyOf(graph.getOps().keySet());
    x.mean("average", true, -1);

    assertThatThrownBy(() -> GraphGuard.require(graph, known, "mechanism odd"))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("mechanism odd builds a graph that ND4J")
        .hasMessageContaining("op reduce_mean, which computes average, reduces over another axis")
        .hasMessageNotContaining("reduce_sum");
  }

  @Test
  void a_runner_refuses_control_flow() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.var("x", numbers(1, 2, 3, 5));
    SDVariable[] branches = graph.switchOp(x, x.sum().gt(0));
    branches[1].rename("taken");

    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(() -> runner.run(Map.of(), "taken"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("control flow")
          .hasMessageContaining("taken");
    }
  }
}
