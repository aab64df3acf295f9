package dev.saccade.conformance;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ParameterStore;
import dev.saccade.runtime.attention.PluginKernels;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.attention.SlotFactory;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer in an attention slot of the runtime, with its kernels registered and parameters of its
 * own, as in a model.
 */
final class InstalledLayer implements AutoCloseable {

  private static final long SEED = 1;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Kernels of different trials must not meet under one id. */
  private static final AtomicLong INSTALLATIONS = new AtomicLong();

  private final ParameterStore parameters;
  private final PluginKernels kernels;
  private final AttentionSlot slot;

  InstalledLayer(Case trial) {
    this(trial, SEED, trial.subject().mechanism().kernels());
  }

  /**
   * @param seed what the parameters begin with
   */
  InstalledLayer(Case trial, long seed) {
    this(trial, seed, trial.subject().mechanism().kernels());
  }

  private InstalledLayer(Case trial, long seed, List<AttentionKernel> fastestFirst) {
    AttentionMechanism mechanism = trial.subject().mechanism();
    this.parameters = new ParameterStore(seed);
    this.kernels =
        PluginKernels.register(
            "conformance#" + INSTALLATIONS.incrementAndGet(), "a trial", fastestFirst);
    this.slot =
        new SlotFactory(parameters)
            .fill("trial", mechanism, kernels, trial.spec(), trial.variant().options());
  }

  /** With other kernels than the mechanism brings. */
  static InstalledLayer with(Case trial, List<AttentionKernel> fastestFirst) {
    return new InstalledLayer(trial, SEED, fastestFirst);
  }

  AttentionSlot slot() {
    return slot;
  }

  List<Parameter> trained() {
    return slot.layer().parameters().stream()
        .filter(parameter -> parameter.update() instanceof Parameter.Trained)
        .toList();
  }

  INDArray parameter(String name) {
    return Objects.requireNonNull(slot.parameters().get(name), name);
  }

  /** The name of a parameter's variable in a graph. */
  String variable(String parameter) {
    return slot.prefix() + "." + parameter;
  }

  /** Moves trained parameters a little, so that none sits at zero or at a kink. */
  void shakeParameters(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (Parameter parameter : trained()) {
      INDArray values = parameter(parameter.name());
      INDArray shake =
          LayerInputs.gaussian(random, values.shape()).map(x -> 0.1 * x).toArray(values.dataType());
      values.addi(shake);
      shake.close();
    }
  }

  /** Adds the layer to a graph, with placeholders named as {@link SingleLayer} names them. */
  AttentionOutput addTo(SameDiff graph, LayerSize size, Set<Probe> probes) {
    AttentionSpec spec = slot.spec();
    DataType type = Feed.type(spec.elementType());
    long[] asking = {size.batch(), spec.heads(), size.queries(), spec.headSize()};
    long[] asked = {size.batch(), spec.kvHeads(), size.keys(), spec.headSize()};
    @Nullable SDVariable real =
        spec.masking().padded()
            ? graph.placeHolder(SingleLayer.REAL, type, size.batch(), size.keys())
            : null;
    return slot.addTo(
        graph,
        size,
        graph.placeHolder(SingleLayer.QUERY, type, asking),
        graph.placeHolder(SingleLayer.KEY, type, asked),
        graph.placeHolder(SingleLayer.VALUE, type, asked),
        real,
        probes);
  }

  @Override
  public void close() {
    slot.close();
    kernels.retire(PATIENCE);
    parameters.close();
  }
}
