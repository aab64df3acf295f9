package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.GraphMath;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Probe;
import dev.saccade.api.Shape;
import dev.saccade.api.Support;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.kernel.KernelRequest;
import dev.saccade.api.option.Option;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A model's graph as one attention slot sees it. */
final class SlotGraph implements LayerGraph {

  private final SameDiff graph;
  private final GraphMath math = new EngineMath();
  private final AttentionSlot slot;
  private final LayerSize size;
  private final Set<Probe> probes;
  private final Map<String, SDVariable> parameters = new LinkedHashMap<>();
  private final Map<String, SDVariable> liveOptions = new LinkedHashMap<>();

  SlotGraph(SameDiff graph, AttentionSlot slot, LayerSize size, Set<Probe> probes) {
    this.graph = graph;
    this.slot = slot;
    this.size = size;
    this.probes = probes;
  }

  @Override
  public SameDiff sameDiff() {
    return graph;
  }

  @Override
  public AttentionSpec spec() {
    return slot.spec();
  }

  @Override
  public long batch() {
    return size.batch();
  }

  @Override
  public long queries() {
    return size.queries();
  }

  @Override
  public long keys() {
    return size.keys();
  }

  @Override
  public GraphMath math() {
    return math;
  }

  @Override
  public SDVariable parameter(String name) {
    INDArray value = slot.parameters().get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "%s has no parameter %s; it declares %s"
              .formatted(slot.mechanism(), name, slot.parameters().keySet()));
    }
    return parameters.computeIfAbsent(name, n -> graph.var(slot.prefix() + "." + n, value));
  }

  @Override
  public SDVariable constant(double value) {
    return graph.constant(Nd4j.scalar(type(), value));
  }

  @Override
  public SDVariable option(Option<? extends Number> option) {
    if (!option.live()) {
      throw new IllegalArgumentException(
          "option %s of %s is not live, so it is no variable of the graph: read it from the options"
              .formatted(option.name(), slot.mechanism()));
    }
    return liveOptions.computeIfAbsent(
        option.name(), name -> graph.var(slot.prefix() + ".option." + name, slot.liveOption(name)));
  }

  @Override
  public List<SDVariable> kernel(
      String operation, KernelArguments arguments, SDVariable... inputs) {
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i].dataType() != type()) {
        throw new IllegalArgumentException(
            "every input of a kernel must be of the spec's element type %s, but input %d of %s is %s"
                .formatted(type(), i, operation, inputs[i].dataType()));
      }
    }
    return slot.kernels().addTo(slot.spec(), operation, slot.kernelChoice(), arguments, inputs);
  }

  @Override
  public Support fuses(String operation, KernelArguments arguments, Shape... inputs) {
    KernelRequest request =
        new KernelRequest(List.of(inputs), slot.spec().elementType(), arguments);
    Decision decision = slot.kernels().decide(operation, request, slot.kernelChoice());
    return decision.kernel() == null
        ? Support.unless(
            decision.reasons().isEmpty() ? List.of("there is no kernel") : decision.reasons())
        : Support.yes();
  }

  @Override
  public boolean wants(Probe probe) {
    return probes.contains(probe);
  }

  @Override
  public boolean training() {
    return false;
  }

  private DataType type() {
    return ElementTypes.nd4j(slot.spec().elementType());
  }
}
