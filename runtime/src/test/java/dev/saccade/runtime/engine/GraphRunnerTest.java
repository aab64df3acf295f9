package dev.saccade.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
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
    Map<String, INDArray> inputs = Map.of("x", numbers(8009, 5));
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      runManyTimes(runner, inputs, 100);
      long pooled = runner.pooledBytes();
      long peak = runner.peakBytes();
      long resident = Pointer.physicalBytes();

      runManyTimes(runner, inputs, 500);

      assertThat(runner.pooledBytes()).isEqualTo(pooled);
      assertThat(runner.peakBytes()).isEqualTo(peak);
      // Each run computes 3.6 MB: 500 of them unreturned would be 1.8 GB. Java's heap grows too.
      assertThat(Pointer.physicalBytes() - resident).isLessThan(500L << 20);
    }
  }

  private static void runManyTimes(GraphRunner runner, Map<String, INDArray> inputs, int times) {
    for (int i = 0; i < times; i++) {
      runner.gradients(inputs, "loss", List.of("w", "x")).close();
    }
  }

  /** y = tanh(…tanh(x)…), of which only two need be there at once. */
  private static SameDiff chain(int length) {
    SameDiff graph = SameDiff.create();
    SDVariable y = graph.placeHolder("x", DataType.DOUBLE, -1, -1);
    for (int i = 0; i < length; i++) {
      y = graph.math().tanh(y);
    }
    y.rename("y");
    return graph;
  }

  @Test
  void the_peak_is_what_must_be_there_at_once() {
    INDArray x = numbers(13, 17);
    try (GraphRunner runner = new GraphRunner(chain(11))) {
      runner.run(Map.of("x", x), "y").close();

      assertThat(runner.peakBytes()).isEqualTo(2 * 13 * 17 * Double.BYTES);
      assertThat(runner.pooledBytes()).isEqualTo(runner.peakBytes());
    }
  }

  @Test
  void the_peak_of_a_run_does_not_remember_a_larger_one() {
    try (GraphRunner runner = new GraphRunner(chain(3))) {
      runner.run(Map.of("x", numbers(13, 17)), "y").close();
      runner.run(Map.of("x", numbers(2, 3)), "y").close();

      assertThat(runner.peakBytes()).isEqualTo(2 * 2 * 3 * Double.BYTES);
    }
  }

  @Test
  void outputs_survive_later_runs_and_the_closing_of_the_runner() {
    INDArray x = numbers(13, 17);
    GraphRunner runner = new GraphRunner(chain(1));
    try (GraphOutputs first = runner.run(Map.of("x", x), "y")) {
      double expected = Math.tanh(x.getDouble(5));
      runner.run(Map.of("x", numbers(13, 17).mul(3)), "y").close();
      runner.close();

      assertThat(first.get("y").getDouble(5)).isCloseTo(expected, within(1e-12));
    }
    assertThat(runner.pooledBytes()).isZero();
  }

  @Test
  void an_output_read_by_later_ops_is_not_overwritten_by_them() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.DOUBLE, -1, -1);
    SDVariable a = graph.math().tanh("a", x);
    SDVariable alias = graph.identity("alias", a);
    SDVariable b = graph.math().exp("b", graph.math().exp(a));
    graph.math().exp("c", graph.math().exp(b)).add("d", alias);
    INDArray input = numbers(3, 5);
    Map<String, INDArray> expected = graph.output(Map.of("x", input), "a", "alias", "b", "d");

    try (GraphRunner runner = new GraphRunner(graph)) {
      for (int i = 0; i < 3; i++) {
        try (GraphOutputs outputs = runner.run(Map.of("x", input), "a", "alias", "b", "d")) {
          for (String name : outputs.names()) {
            assertThat(outputs.get(name)).as(name).isEqualTo(expected.get(name));
          }
        }
      }
    }
  }

  @Test
  void an_input_asked_for_as_an_output_is_a_copy() {
    INDArray x = numbers(3, 5);
    INDArray weights = numbers(5, 7);
    try (GraphRunner runner = new GraphRunner(graph(weights))) {
      runner.run(Map.of("x", x), "x", "w").close();
      runner.run(Map.of("x", x), "hidden").close();
    }
    assertThat(x).isEqualTo(numbers(3, 5));
    assertThat(weights).isEqualTo(numbers(5, 7));
  }

  @Test
  void closing_leaves_weights_alone_and_frees_constants() {
    INDArray weights = numbers(5, 7);
    SameDiff graph = graph(weights);
    INDArray shift = numbers(3, 5);
    graph.constant("shift", shift);

    new GraphRunner(graph).close();

    assertThat(weights.wasClosed()).isFalse();
    assertThat(shift.wasClosed()).isTrue();
  }

  @Test
  void says_how_much_memory_was_asked_for_when_there_is_not_enough_and_goes_on() {
    SameDiff graph = SameDiff.create();
    SDVariable x = graph.placeHolder("x", DataType.DOUBLE, -1, 1);
    SDVariable square = graph.math().tanh(x).mmul(graph.math().tanh(graph.transpose(x)));
    square.sum("loss", 0, 1);
    INDArray large = Nd4j.ones(DataType.DOUBLE, 1 << 23, 1);
    try (GraphRunner runner = new GraphRunner(graph)) {
      assertThatThrownBy(() -> runner.run(Map.of("x", large), "loss"))
          .isInstanceOfSatisfying(
              MemoryExhausted.class,
              e -> {
                assertThat(e.askedBytes()).isEqualTo(8L << 46);
                assertThat(e.inUseBytes()).isEqualTo(2 * (8L << 23));
              });

      try (GraphOutputs outputs =
          runner.run(Map.of("x", Nd4j.ones(DataType.DOUBLE, 3, 1)), "loss")) {
        double tanh = Math.tanh(1);
        assertThat(outputs.scalar("loss")).isCloseTo(9 * tanh * tanh, within(1e-12));
      }
      assertThat(runner.peakBytes()).isLessThan(1000);
    }
  }

  @Test
  void takes_a_gradient_for_other_variables_later() {
    Map<String, INDArray> inputs = Map.of("x", numbers(3, 5));
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      runner.gradients(inputs, "loss", List.of("w")).close();

      try (GraphOutputs outputs = runner.gradients(inputs, "loss", List.of("x"))) {
        assertThat(outputs.get("x").shape()).containsExactly(3, 5);
      }
    }
  }

  @Test
  void prints_nothing_while_it_derives() {
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      runner.gradients(Map.of("x", numbers(3, 5)), "loss", List.of("w")).close();
      System.out.println("from others");
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).trim()).isEqualTo("from others");
  }

  @Test
  void names_the_variables_there_are_when_an_output_is_unknown() {
    try (GraphRunner runner = new GraphRunner(graph(numbers(5, 7)))) {
      assertThatThrownBy(() -> runner.run(Map.of("x", numbers(3, 5)), "los"))
          .isInstanceOf(SaccadeException.class)
          .hasMessageStartingWith("the graph has no variable named los; it has hidden, loss");
    }
  }
}
