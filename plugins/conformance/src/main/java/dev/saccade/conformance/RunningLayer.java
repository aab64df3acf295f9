package dev.saccade.conformance;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.nd4j.autodiff.samediff.SameDiff;

/** A layer in a graph of its own, built for one size, that computes contexts and probes. */
final class RunningLayer implements AutoCloseable {

  private final InstalledLayer layer;
  private final Set<Probe> shown;
  private final GraphRunner runner;
  private final List<String> outputs = new ArrayList<>(List.of(SingleLayer.CONTEXT));

  private RunningLayer(InstalledLayer layer, LayerSize size, Set<Probe> probes) {
    this.layer = layer;
    SameDiff graph = SameDiff.create();
    AttentionOutput output = layer.addTo(graph, size, probes);
    graph.identity(SingleLayer.CONTEXT, output.context());
    output.probes().forEach((probe, value) -> show(graph, SingleLayer.probe(probe), value));
    this.shown = output.probes().keySet();
    this.runner = new GraphRunner(graph);
  }

  static RunningLayer forward(Case trial, LayerSize size, Probe... probes) {
    return of(new InstalledLayer(trial), size, probes);
  }

  /** Takes over an installed layer. */
  static RunningLayer of(InstalledLayer layer, LayerSize size, Probe... probes) {
    try {
      return new RunningLayer(layer, size, Set.of(probes));
    } catch (RuntimeException e) {
      layer.close();
      throw e;
    }
  }

  private void show(SameDiff graph, String name, ProbeValue value) {
    if (value instanceof ProbeValue.Dense dense) {
      graph.identity(name, dense.values());
      outputs.add(name);
    } else if (value instanceof ProbeValue.Sparse sparse) {
      graph.identity(name + ShownProbe.ROWS, sparse.rowPointers());
      graph.identity(name + ShownProbe.COLUMNS, sparse.columns());
      graph.identity(name + ShownProbe.VALUES, sparse.values());
      outputs.addAll(
          List.of(name + ShownProbe.ROWS, name + ShownProbe.COLUMNS, name + ShownProbe.VALUES));
    }
  }

  InstalledLayer layer() {
    return layer;
  }

  AttentionSlot slot() {
    return layer.slot();
  }

  /** The probes that the layer gave. */
  Set<Probe> shown() {
    return shown;
  }

  /** The context, {@code [B, H, T, D]}. */
  TensorValues context(LayerInputs inputs) {
    return Objects.requireNonNull(compute(inputs).get(SingleLayer.CONTEXT));
  }

  /** The context and everything that probes show, by the graph's names. */
  Map<String, TensorValues> compute(LayerInputs inputs) {
    try (Feed feed = new Feed(slot().spec().elementType(), inputs)) {
      return compute(feed);
    }
  }

  /** As above, of arrays that the caller looks at afterwards. */
  Map<String, TensorValues> compute(Feed feed) {
    Map<String, TensorValues> computed = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.run(feed.arrays(), outputs)) {
      outputs.forEach(name -> computed.put(name, TensorValues.of(seen.get(name))));
    }
    return computed;
  }

  /** The most native memory that the last run held at once, inputs and parameters aside. */
  long peakBytes() {
    return runner.peakBytes();
  }

  @Override
  public void close() {
    runner.close();
    layer.close();
  }
}
