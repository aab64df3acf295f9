package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.Parameter;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.LearningLayer;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import dev.saccade.runtime.engine.GraphOutputs;
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

/**
 * A SEA layer that learns from a teacher in the runtime's own graph. Inputs and parameters are
 * numbers that float32 holds exactly, the same ones for every element type and kernel; the
 * student's are those of {@link KernelTrial}.
 */
final class DistillationTrial implements AutoCloseable {

  private static final List<String> STUDENT =
      List.of(SingleLayer.QUERY, SingleLayer.KEY, SingleLayer.VALUE);
  private static final List<String> TEACHER =
      List.of(LearningLayer.TEACHER_QUERY, LearningLayer.TEACHER_KEY, LearningLayer.TEACHER_VALUE);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final AtomicInteger INSTALLATIONS = new AtomicInteger();

  private final ParameterStore parameters = new ParameterStore(1);
  private final PluginKernels kernels;
  private final AttentionSlot slot;
  private final LearningLayer layer;
  private final Map<String, INDArray> inputs = new LinkedHashMap<>();

  DistillationTrial(
      AttentionSpec spec,
      Map<String, String> options,
      int batch,
      int length,
      long seed,
      @Nullable INDArray real) {
    SeaAttention sea = new SeaAttention();
    this.kernels =
        PluginKernels.register(
            "lesson#" + INSTALLATIONS.incrementAndGet(), "a test", sea.kernels());
    this.slot = new SlotFactory(parameters).fill("layer.0", sea, kernels, spec, options);
    DataType type = spec.elementType() == ElementType.F64 ? DataType.DOUBLE : DataType.FLOAT;
    RandomGenerator random = new SplittableRandom(seed);
    KernelTrial.draw(slot, random);
    long[] shape = {batch, spec.heads(), length, spec.headSize()};
    STUDENT.forEach(name -> inputs.put(name, KernelTrial.gaussian(random, shape).castTo(type)));
    TEACHER.forEach(name -> inputs.put(name, KernelTrial.gaussian(random, shape).castTo(type)));
    if (real != null) {
      inputs.put(SingleLayer.REAL, real.castTo(type));
    }
    this.layer = new LearningLayer(slot, LayerSize.self(batch, length));
  }

  /** The arrays that go in, by the names of {@link LearningLayer}'s inputs. */
  INDArray input(String name) {
    return Objects.requireNonNull(inputs.get(name), name);
  }

  /** Who computes the terms that compare matrices. */
  String ranBy() {
    return Objects.requireNonNull(kernels.decisions().get(DistillationKernel.OPERATION)).name();
  }

  /** Every term before its weight, by name. */
  Map<String, INDArray> terms() {
    Map<String, INDArray> terms = new LinkedHashMap<>();
    try (GraphOutputs seen = layer.run(inputs)) {
      layer.terms().forEach(term -> terms.put(term, seen.copy(LearningLayer.term(term))));
    }
    return terms;
  }

  /** Gradients of the weighted sum in the student's inputs and every trained parameter, by name. */
  Map<String, INDArray> gradients() {
    Map<String, String> variables = new LinkedHashMap<>();
    STUDENT.forEach(name -> variables.put(name, name));
    slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .map(Parameter::name)
        .forEach(name -> variables.put(name, slot.prefix() + "." + name));
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = layer.gradients(inputs, variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, seen.copy(variable)));
    }
    return gradients;
  }

  /** The most native memory that a run held at once. */
  long peakBytes() {
    return layer.peakBytes();
  }

  @Override
  public void close() {
    layer.close();
    slot.close();
    kernels.retire(PATIENCE);
    parameters.close();
  }
}
