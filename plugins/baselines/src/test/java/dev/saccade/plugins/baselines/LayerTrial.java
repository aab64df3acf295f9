package dev.saccade.plugins.baselines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.option.Option;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One layer of a mechanism in the runtime's own graph, with a loss Σ context·weighing for
 * gradients.
 */
final class LayerTrial implements AutoCloseable {

  /** Short, so that no kink of a relu is likely to lie within it. */
  private static final double STEP = 1e-6;

  private static final String WEIGHING = "weighing";
  private static final String LOSS = "loss";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final AtomicInteger INSTALLATIONS = new AtomicInteger();

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;
  private final GraphRunner runner;
  private final List<String> outputs = new ArrayList<>(List.of(SingleLayer.CONTEXT));
  private final DataType type;

  LayerTrial(
      AttentionMechanism mechanism,
      AttentionSpec spec,
      Map<String, String> options,
      LayerSize size,
      Probe... probes) {
    this.kernels =
        PluginKernels.register(
            "layer-trial#" + INSTALLATIONS.incrementAndGet(), "a test", mechanism.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", mechanism, kernels, spec, options);
    this.type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    this.runner = new GraphRunner(graph(size, Set.of(probes)));
  }

  private SameDiff graph(LayerSize size, Set<Probe> probes) {
    AttentionSpec spec = slot.spec();
    SameDiff graph = SameDiff.create();
    long[] asking = {size.batch(), spec.heads(), size.queries(), spec.headSize()};
    long[] asked = {size.batch(), spec.kvHeads(), size.keys(), spec.headSize()};
    SDVariable real =
        spec.masking().padded()
            ? graph.placeHolder(SingleLayer.REAL, type, size.batch(), size.keys())
            : null;
    AttentionOutput output =
        slot.addTo(
            graph,
            size,
            graph.placeHolder(SingleLayer.QUERY, type, asking),
            graph.placeHolder(SingleLayer.KEY, type, asked),
            graph.placeHolder(SingleLayer.VALUE, type, asked),
            real,
            probes);
    SDVariable context = graph.identity(SingleLayer.CONTEXT, output.context());
    output
        .probes()
        .forEach(
            (probe, shown) -> {
              graph.identity(SingleLayer.probe(probe), ((ProbeValue.Dense) shown).values());
              outputs.add(SingleLayer.probe(probe));
            });
    context.mul(graph.placeHolder(WEIGHING, type, asking)).sum().rename(LOSS);
    return graph;
  }

  /** The inputs of a layer. */
  record Inputs(INDArray query, INDArray key, INDArray value, @Nullable INDArray real) {

    /** Gaussian inputs, the same ones for equal sizes and seeds. */
    static Inputs random(AttentionSpec spec, LayerSize size, long seed, @Nullable INDArray real) {
      SplittableRandom random = new SplittableRandom(seed);
      return new Inputs(
          gaussian(random, size.batch(), spec.heads(), size.queries(), spec.headSize()),
          gaussian(random, size.batch(), spec.kvHeads(), size.keys(), spec.headSize()),
          gaussian(random, size.batch(), spec.kvHeads(), size.keys(), spec.headSize()),
          real);
    }

    /** The same in numbers that float32 holds exactly. */
    Inputs rounded() {
      return new Inputs(rounded(query), rounded(key), rounded(value), real);
    }

    private static INDArray rounded(INDArray x) {
      return x.castTo(DataType.FLOAT).castTo(DataType.DOUBLE);
    }

    private Map<String, INDArray> as(DataType type) {
      Map<String, INDArray> inputs = new LinkedHashMap<>();
      inputs.put(SingleLayer.QUERY, query.castTo(type));
      inputs.put(SingleLayer.KEY, key.castTo(type));
      inputs.put(SingleLayer.VALUE, value.castTo(type));
      if (real != null) {
        inputs.put(SingleLayer.REAL, real.castTo(type));
      }
      return inputs;
    }
  }

  LayerTrial withParameter(String name, INDArray value) {
    INDArray parameter = Objects.requireNonNull(slot.parameters().get(name), name);
    assertThat(value.shape()).as("shape of " + name).isEqualTo(parameter.shape());
    parameter.assign(value);
    return this;
  }

  /** Changes a live option. */
  LayerTrial withOption(Option<?> option, String value) {
    slot.change(option, value);
    return this;
  }

  /** The context, {@code [B, H, T, D]}. */
  INDArray context(Inputs inputs) {
    return Objects.requireNonNull(run(inputs).get(SingleLayer.CONTEXT));
  }

  /** Begins to decode; nothing if the layer cannot. */
  Optional<LayerDecoding> decoding(int batch, int capacity) {
    return slot.decoding(batch, capacity);
  }

  /** Has a decoding take positions {@code from} … {@code to} − 1; returns their context. */
  INDArray advance(LayerDecoding decoding, Inputs inputs, int from, int to) {
    INDArray real = inputs.real();
    return decoding.advance(
        positions(inputs.query(), from, to),
        positions(inputs.key(), from, to),
        positions(inputs.value(), from, to),
        real == null ? null : real.get(all(), interval(from, to)).castTo(type));
  }

  private INDArray positions(INDArray x, int from, int to) {
    return x.get(all(), all(), interval(from, to), all()).castTo(type);
  }

  /** The value of a probe that the layer was built with. */
  INDArray show(Inputs inputs, Probe probe) {
    return Objects.requireNonNull(run(inputs).get(SingleLayer.probe(probe)), probe.name());
  }

  /** The context and all probes, as {@link SingleLayer} names them. */
  Map<String, INDArray> run(Inputs inputs) {
    Map<String, INDArray> computed = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.run(inputs.as(type), outputs)) {
      outputs.forEach(name -> computed.put(name, seen.copy(name)));
    }
    return computed;
  }

  /** The most native memory that a run held at once. */
  long peakBytes() {
    return runner.peakBytes();
  }

  /** Gradients of Σ context·weighing in the inputs and every trained parameter, by name. */
  Map<String, INDArray> gradients(Inputs inputs, INDArray weighing) {
    Map<String, INDArray> given = inputs.as(type);
    given.put(WEIGHING, weighing.castTo(type));
    Map<String, String> variables = new LinkedHashMap<>();
    List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE)
        .forEach(name -> variables.put(name, name));
    trained().forEach(name -> variables.put(name, slot.prefix() + "." + name));
    // What the context does not depend on has no gradient.
    variables.values().removeIf(name -> !reaches(name));
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.gradients(given, LOSS, variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, seen.copy(variable)));
    }
    return gradients;
  }

  private boolean reaches(String variable) {
    return runner.graph().getOps().values().stream()
        .anyMatch(op -> op.getInputsToOp() != null && op.getInputsToOp().contains(variable));
  }

  /** Compares every gradient with a central difference along a random direction. */
  void assertGradients(Inputs inputs) {
    SplittableRandom random = new SplittableRandom(97);
    Map<String, INDArray> given = inputs.as(type);
    INDArray weighing = gaussian(random, inputs.query().shape());
    Map<String, INDArray> gradients = gradients(inputs, weighing);
    given.put(WEIGHING, weighing);

    assertThat(gradients.keySet()).containsAll(trained());
    gradients.forEach(
        (name, gradient) -> {
          INDArray array =
              given.containsKey(name)
                  ? Objects.requireNonNull(given.get(name))
                  : Objects.requireNonNull(slot.parameters().get(name));
          INDArray direction = gaussian(random, array.shape());
          double expected = slope(given, array, direction);
          double actual = gradient.mul(direction).sumNumber().doubleValue();
          assertThat(actual)
              .as("derivative of the loss along %s", name)
              .isCloseTo(expected, within(1e-6 * Math.max(1, Math.abs(expected))));
        });
  }

  private double slope(Map<String, INDArray> given, INDArray array, INDArray direction) {
    array.addi(direction.mul(STEP));
    double ahead = loss(given);
    array.subi(direction.mul(2 * STEP));
    double behind = loss(given);
    array.addi(direction.mul(STEP));
    return (ahead - behind) / (2 * STEP);
  }

  private double loss(Map<String, INDArray> given) {
    try (GraphOutputs seen = runner.run(given, LOSS)) {
      return seen.scalar(LOSS);
    }
  }

  private List<String> trained() {
    return slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .toList();
  }

  static INDArray gaussian(SplittableRandom random, long... shape) {
    double[] values = new double[Math.toIntExact(Nd4j.zeros(shape).length())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextGaussian();
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
