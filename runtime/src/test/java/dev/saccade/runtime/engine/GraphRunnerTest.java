package dev.saccade.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GraphRunnerTest {

  @BeforeAll
  static void start() {
    Nd4jPlatform.start();
  }

  /** loss = Σ tanh(x·w)², with x [3, 5] and w [5, 7]. */
  private static SameDiff graph(INDArray weights) {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.DOUBLE, -1, 5);
    SDVariable w = graph.var("w", weights);
    SDVariable hidden = graph.math().tanh("hidden", x.mmul(w));
    hidden.mul(hidden).sum("loss", 0, 1);
    return graph;
  }

  private static INDArray numbers(long... shape) {
    Nd4j.getRandom().setSeed(11);
    return Nd4j.randn(DataType.DOUBLE, shape);
  }

  @Test
  void computes_what_samediff_computes() {
    INDArray weights = numbers(5, 7);
    INDArray x = numbers(3, 5);
    Map<String, INDArray> expected = graph(weights).output(Map.of("x", x), "hidden", "loss");

    try (GraphRunner runner = new GraphRunner(graph(weights));
        GraphOutputs outputs = runner.run(Map.of("x", x), "hidden", "loss")) {

      assertThat(outputs.get("hidden")).isEqualTo(expected.get("hidden"));
      assertThat(outputs.get("loss")).isEqualTo(expected.get("loss"));
    }
  }

  @Test
  void computes_the_gradients_that_samediff_computes() {
    INDArray weights = numbers(5, 7);
    INDArray x = numbers(3, 5);
    SameDiff reference = graph(weights);
    reference.setLossVariables("loss");
    Map<String, INDArray> expected = reference.calculateGradients(Map.of("x", x), "w", "x");

    try (GraphRunner runner = new GraphRunner(graph(weights));
        GraphOutputs outputs =
            runner.gradients(Map.of("x", x), "loss", List.of("w", "x"), List.of("hidden"))) {

      assertThat(outputs.get("w")).isEqualTo(expected.get("w"));
      assertThat(outputs.get("x")).isEqualTo(expected.get("x"));
      assertThat(outputs.get("hidden").shape()).containsExactly(3, 7);
    }
  }

  @Test
  void sees_weights_changed_in_place_forward_and_backward() {
    INDArray weights = numbers(5, 7);
    Map<String, INDArray> inputs = Map.of("x", numbers(3, 5));
    try (GraphRunner runner = new GraphRunner(graph(weights))) {
      runner.gradients(inputs, "loss", List.of("w")).close();

      weights.assign(0);

      try (GraphOutputs forward = runner.run(inputs, "loss");
          GraphOutputs backward = runner.gradients(inputs, "loss", List.of("w"))) {
        assertThat(forward.scalar("loss")).isZero();
        assertThat(backward.scalar("loss")).isCloseTo(0, within(0.0));
      }
    }
  }

  @Test
  void refuses_an_input_of_another_shape() {
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      assertThatThrownBy(() -> runner.run(Map.of("x", numbers(3, 2)), "loss"))
          .isInstanceOf(SaccadeException.class)
          .hasMessage("input x must be DOUBLE [-1, 5] but is DOUBLE [3, 2]");
    }
  }

  @Test
  void keeps_its_memory_over_many_runs() {
    Map<String, INDArray> inputs = Map.of("x", numbers(3, 5));
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      runner.gradients(inputs, "loss", List.of("w")).close();
      long pooled = runner.pooledBytes();
      long peak = runner.peakBytes();

      for (int i = 0; i < 500; i++) {
        runner.gradients(inputs, "loss", List.of("w")).close();
      }

      assertThat(runner.pooledBytes()).isEqualTo(pooled);
      assertThat(runner.peakBytes()).isEqualTo(peak);
    }
  }
}
