package dev.saccade.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Compares an op's gradients with central differences, in double.
 *
 * <p>The loss is Σ weight·op(inputs) with random weights, so that the upstream gradient differs
 * from element to element and an op that ignores it is caught.
 */
public final class GradientCheck implements AutoCloseable {

  private static final double STEP = 1e-5;

  /** The error of central differences at that step, for values around 1. */
  private static final double TOLERANCE = 1e-8;

  /** The variables of a graph by name. */
  public record Variables(Map<String, SDVariable> byName) {
    public SDVariable get(String name) {
      return Objects.requireNonNull(byName.get(name), name);
    }
  }

  private final Map<String, INDArray> variables = new LinkedHashMap<>();
  private final GraphRunner runner;

  /**
   * @param outputShape of the op
   * @param op builds the op from the graph's variables, by name
   */
  public GradientCheck(
      Map<String, INDArray> variables, long[] outputShape, Function<Variables, SDVariable> op) {
    this.variables.putAll(variables);
    SameDiff graph = SameDiff.create();
    Map<String, SDVariable> named = new LinkedHashMap<>();
    variables.forEach((name, array) -> named.put(name, graph.var(name, array)));
    SDVariable result = op.apply(new Variables(named)).rename("result");
    Nd4j.getRandom().setSeed(23);
    SDVariable weights = graph.constant(Nd4j.randn(DataType.DOUBLE, outputShape));
    SDVariable weighted = result.mul(weights);
    weighted.sum("loss");
    this.runner = new GraphRunner(graph);
  }

  public static INDArray numbers(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(DataType.DOUBLE, shape);
  }

  public INDArray value() {
    try (GraphOutputs outputs = runner.run(Map.of(), "result")) {
      return outputs.copy("result");
    }
  }

  private double loss() {
    try (GraphOutputs outputs = runner.run(Map.of(), "loss")) {
      return outputs.scalar("loss");
    }
  }

  /** Checks every element of the gradient of one variable. */
  public void requireGradientOf(String name) {
    INDArray variable = Objects.requireNonNull(variables.get(name), name);
    try (GraphOutputs outputs = runner.gradients(Map.of(), "loss", variables.keySet())) {
      INDArray gradient = outputs.get(name);
      assertThat(gradient.shape()).isEqualTo(variable.shape());
      for (long i = 0; i < variable.length(); i++) {
        double before = variable.getDouble(i);
        variable.putScalar(i, before + STEP);
        double above = loss();
        variable.putScalar(i, before - STEP);
        double below = loss();
        variable.putScalar(i, before);
        double expected = (above - below) / (2 * STEP);
        double error = Math.abs(gradient.getDouble(i) - expected);

        // Written so that NaN fails.
        assertThat(error <= TOLERANCE * Math.max(1, Math.abs(expected)))
            .as(
                "gradient of %s[%d]: expected %s but was %s",
                name, i, expected, gradient.getDouble(i))
            .isTrue();
      }
    }
  }

  @Override
  public void close() {
    runner.close();
  }
}
