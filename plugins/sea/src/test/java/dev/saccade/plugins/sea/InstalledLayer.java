package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.api.Shape;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.Decision;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A SEA layer in the runtime, and what goes into it. Inputs and parameters are numbers that float32
 * holds exactly, the same ones for every element type and kernel.
 */
final class InstalledLayer implements AutoCloseable {

  private static final List<String> INPUTS =
      List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final AtomicInteger INSTALLATIONS = new AtomicInteger();

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;
  private final Map<String, INDArray> inputs = new LinkedHashMap<>();

  /**
   * @param more inputs that are to be drawn behind queries, keys and values, in their shape
   */
  InstalledLayer(
      AttentionSpec spec,
      Map<String, String> options,
      int batch,
      int length,
      long seed,
      @Nullable INDArray real,
      List<String> more) {
    SeaAttention sea = new SeaAttention();
    this.kernels =
        PluginKernels.register("trial#" + INSTALLATIONS.incrementAndGet(), "a test", sea.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", sea, kernels, spec, options);
    DataType type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    RandomGenerator random = new SplittableRandom(seed);
    draw(slot, random);
    long[] shape = {batch, spec.heads(), length, spec.headSize()};
    INPUTS.forEach(name -> inputs.put(name, gaussian(random, shape).castTo(type)));
    more.forEach(name -> inputs.put(name, gaussian(random, shape).castTo(type)));
    if (real != null) {
      inputs.put(SingleLayer.REAL, real.castTo(type));
    }
  }

  /**
   * Gives every parameter its first value, with some noise on those that begin as all zeros or
   * ones.
   */
  private static void draw(AttentionSlot slot, RandomGenerator random) {
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

  /** In float64. */
  private static INDArray gaussian(RandomGenerator random, long... shape) {
    double[] values = new double[Math.toIntExact(Shape.of(shape).elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /**
   * Replaces every number by one of its neighbours in float32, for all but neighbour 0.
   *
   * @param neighbour another one, other numbers
   */
  void nudge(int neighbour) {
    if (neighbour == 0) {
      return;
    }
    RandomGenerator random = new SplittableRandom(neighbour);
    inputs.forEach(
        (name, array) -> {
          if (!name.equals(SingleLayer.REAL)) {
            nudge(array, random);
          }
        });
    slot.parameters().values().forEach(array -> nudge(array, random));
  }

  private static void nudge(INDArray array, RandomGenerator random) {
    for (long i = 0; i < array.length(); i++) {
      float number = array.getFloat(i);
      array.putScalar(i, random.nextBoolean() ? Math.nextUp(number) : Math.nextDown(number));
    }
  }

  AttentionSlot slot() {
    return slot;
  }

  /** By name. */
  Map<String, INDArray> inputs() {
    return inputs;
  }

  INDArray input(String name) {
    return Objects.requireNonNull(inputs.get(name), name);
  }

  /** Queries, keys, values and trained parameters, by name: what a graph calls them. */
  Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    INPUTS.forEach(name -> variables.put(name, name));
    slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .forEach(name -> variables.put(name, slot.prefix() + "." + name));
    return variables;
  }

  /** Who computes an operation, and why not others. */
  Decision decision(String operation) {
    return Objects.requireNonNull(kernels.decisions().get(operation), operation);
  }

  @Override
  public void close() {
    slot.close();
    kernels.retire(PATIENCE);
    parameters.close();
  }
}
