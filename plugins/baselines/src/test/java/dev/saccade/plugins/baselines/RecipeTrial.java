package dev.saccade.plugins.baselines;

import static dev.saccade.plugins.baselines.LayerInputs.D;
import static dev.saccade.plugins.baselines.LayerInputs.H;
import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A mechanism in the runtime's own attention slot, run on given numbers. */
final class RecipeTrial implements AutoCloseable {

  private static final double STEP = 1e-5;

  /** What a layer gave, row-major. */
  static final class Result {

    private final double[] context;
    private final double[] weights;

    Result(double[] context, double[] weights) {
      this.context = context;
      this.weights = weights;
    }

    /** {@code [B, H, T, D]}. */
    double[] context() {
      return context;
    }

    /** {@code [B, H, T, S]}. */
    double[] weights() {
      return weights;
    }
  }

  private final AttentionSpec spec;
  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;

  RecipeTrial(AttentionMechanism mechanism, AttentionSpec spec) {
    Nd4jPlatform.start();
    this.spec = spec;
    this.kernels = PluginKernels.register("trial", "the test", mechanism.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, Map.of());
  }

  private DataType type() {
    return spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
  }

  private static LayerSize size(LayerInputs inputs) {
    return new LayerSize(inputs.batch(), inputs.queries(), inputs.keys());
  }

  private Map<String, INDArray> arrays(LayerInputs inputs) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    long b = inputs.batch();
    arrays.put(SingleLayer.QUERY, array(inputs.query(), b, H, inputs.queries(), D));
    arrays.put(SingleLayer.KEY, array(inputs.key(), b, H, inputs.keys(), D));
    arrays.put(SingleLayer.VALUE, array(inputs.value(), b, H, inputs.keys(), D));
    double[] real = inputs.real();
    if (real != null) {
      arrays.put(SingleLayer.REAL, array(real, b, inputs.keys()));
    }
    return arrays;
  }

  private INDArray array(double[] values, long... shape) {
    return Nd4j.create(values, shape, type());
  }

  Result run(LayerInputs inputs) {
    Map<String, INDArray> arrays = arrays(inputs);
    try (SingleLayer layer = new SingleLayer(slot, size(inputs), Set.of(Probe.ATTENTION));
        GraphOutputs outputs = layer.run(arrays)) {
      return new Result(
          heap(outputs, SingleLayer.CONTEXT), heap(outputs, SingleLayer.probe(Probe.ATTENTION)));
    } finally {
      arrays.values().forEach(INDArray::close);
    }
  }

  private static double[] heap(GraphOutputs outputs, String name) {
    try (INDArray copy = outputs.copy(name)) {
      return copy.data().asDouble();
    }
  }

  /**
   * Compares the gradients of queries, keys and values with central differences. The loss weighs
   * every number of the context differently.
   */
  void requireGradients(LayerInputs inputs) {
    Map<String, INDArray> arrays = arrays(inputs);
    List<String> names = List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);
    SameDiff graph = SameDiff.create();
    Map<String, SDVariable> variables = new LinkedHashMap<>();
    arrays.forEach((name, array) -> variables.put(name, graph.var(name, array)));
    AttentionOutput output =
        slot.addTo(
            graph,
            size(inputs),
            Objects.requireNonNull(variables.get(SingleLayer.QUERY)),
            Objects.requireNonNull(variables.get(SingleLayer.KEY)),
            Objects.requireNonNull(variables.get(SingleLayer.VALUE)),
            variables.get(SingleLayer.REAL),
            Set.of());
    Nd4j.getRandom().setSeed(23);
    SDVariable weights = graph.constant(Nd4j.randn(type(), inputs.batch(), H, inputs.queries(), D));
    output.context().mul(weights).sum("loss");
    try (GraphRunner runner = new GraphRunner(graph);
        GraphOutputs gradients = runner.gradients(Map.of(), "loss", names)) {
      for (String name : names) {
        requireGradient(
            runner, name, Objects.requireNonNull(arrays.get(name)), gradients.get(name));
      }
    } finally {
      arrays.values().forEach(INDArray::close);
    }
  }

  private static void requireGradient(
      GraphRunner runner, String name, INDArray variable, INDArray gradient) {
    // Every third: prime to the lengths of the axes, so that no position or feature is left out.
    for (long i = 0; i < variable.length(); i += 3) {
      double before = variable.getDouble(i);
      variable.putScalar(i, before + STEP);
      double above = loss(runner);
      variable.putScalar(i, before - STEP);
      double below = loss(runner);
      variable.putScalar(i, before);
      double expected = (above - below) / (2 * STEP);
      double error = Math.abs(gradient.getDouble(i) - expected);

      // Written so that NaN fails.
      assertThat(error <= 1e-8 * Math.max(1, Math.abs(expected)))
          .as(
              "gradient of %s[%d]: expected %s but was %s",
              name, i, expected, gradient.getDouble(i))
          .isTrue();
    }
  }

  private static double loss(GraphRunner runner) {
    try (GraphOutputs outputs = runner.run(Map.of(), "loss")) {
      return outputs.scalar("loss");
    }
  }

  @Override
  public void close() {
    slot.close();
    kernels.retire(Duration.ZERO);
    parameters.close();
  }
}
