package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.Decision;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A SEA layer in the runtime's own graph with a loss Σ context·weighing. Inputs and parameters are
 * numbers that float32 holds exactly, the same ones for every element type and kernel.
 */
final class KernelTrial implements AutoCloseable {

  static final String WEIGHING = "weighing";
  private static final String LOSS = "loss";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final AtomicInteger INSTALLATIONS = new AtomicInteger();

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;
  private final GraphRunner runner;
  private final Map<String, INDArray> inputs = new LinkedHashMap<>();

  KernelTrial(
      AttentionSpec spec,
      Map<String, String> options,
      int batch,
      int length,
      long seed,
      @Nullable INDArray real) {
    SeaAttention sea = new SeaAttention();
    this.kernels =
        PluginKernels.register("trial#" + INSTALLATIONS.incrementAndGet(), "a test", sea.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", sea, kernels, spec, options);
    DataType type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    RandomGenerator random = new SplittableRandom(seed);
    draw(slot, random);
    long[] shape = {batch, spec.heads(), length, spec.headSize()};
    for (String name : List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE, WEIGHING)) {
      inputs.put(name, gaussian(random, shape).castTo(type));
    }
    if (real != null) {
      inputs.put(SingleLayer.REAL, real.castTo(type));
    }
    this.runner = new GraphRunner(graph(LayerSize.self(batch, length), type, shape));
  }

  private SameDiff graph(LayerSize size, DataType type, long[] shape) {
    SameDiff graph = SameDiff.create();
    SDVariable real =
        slot.spec().masking().padded()
            ? graph.placeHolder(SingleLayer.REAL, type, size.batch(), size.keys())
            : null;
    SDVariable context =
        slot.addTo(
                graph,
                size,
                graph.placeHolder(SingleLayer.QUERY, type, shape),
                graph.placeHolder(SingleLayer.KEY, type, shape),
                graph.placeHolder(SingleLayer.VALUE, type, shape),
                real,
                Set.of())
            .context();
    graph.identity(SingleLayer.CONTEXT, context);
    context.mul(graph.placeHolder(WEIGHING, type, shape)).sum().rename(LOSS);
    return graph;
  }

  /**
   * Gives every parameter its first value, with some noise on those that begin as all zeros or
   * ones.
   */
  static void draw(AttentionSlot slot, RandomGenerator random) {
    for (Parameter parameter : slot.layer().parameters()) {
      double[] values = parameter.initializer().values(parameter.shape(), random);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (values[i] + 0.1 * random.nextGaussian());
      }
      try (INDArray drawn = Nd4j.createFromArray(values).reshape(parameter.shape().toArray())) {
        Objects.requireNonNull(slot.parameters().get(parameter.name())).assign(drawn);
      }
    }
  }

  INDArray parameter(String name) {
    return Objects.requireNonNull(slot.parameters().get(name), name);
  }

  /** {@link SingleLayer}'s inputs, and {@link #WEIGHING}. */
  INDArray input(String name) {
    return Objects.requireNonNull(inputs.get(name), name);
  }

  /** Changes k in the graph as it stands. */
  void setKept(int k) {
    slot.change(SeaOptions.KEPT, Integer.toString(k));
  }

  /** Who computes, {@code recipe}, {@code plain} or {@code simd}. */
  String ranBy() {
    return made().name();
  }

  /** Who computes, and why not others. */
  String decision() {
    return made().toString();
  }

  private Decision made() {
    return Objects.requireNonNull(kernels.decisions().get(SeaKernel.OPERATION));
  }

  /** {@code [B, H, T, D]}. */
  INDArray context() {
    try (GraphOutputs outputs = runner.run(withoutWeighing(), SingleLayer.CONTEXT)) {
      return outputs.copy(SingleLayer.CONTEXT);
    }
  }

  /** Begins to decode with the same parameters. */
  LayerDecoding decoding(int batch, int capacity) {
    return slot.decoding(batch, capacity).orElseThrow();
  }

  private Map<String, INDArray> withoutWeighing() {
    Map<String, INDArray> given = new LinkedHashMap<>(inputs);
    given.remove(WEIGHING);
    return given;
  }

  /** Gradients of Σ context·weighing in the inputs and every trained parameter, by name. */
  Map<String, INDArray> gradients() {
    Map<String, String> variables = new LinkedHashMap<>();
    List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)
        .forEach(name -> variables.put(name, name));
    slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .forEach(name -> variables.put(name, slot.prefix() + "." + name));
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.gradients(inputs, LOSS, variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, seen.copy(variable)));
    }
    return gradients;
  }

  /** The most native memory that a run held at once. */
  long peakBytes() {
    return runner.peakBytes();
  }

  /** Numbers that float32 holds exactly, in float64. */
  static INDArray gaussian(RandomGenerator random, long... shape) {
    double[] values = new double[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  @Override
  public void close() {
    runner.close();
    slot.close();
    kernels.retire(PATIENCE);
    parameters.close();
  }
}
