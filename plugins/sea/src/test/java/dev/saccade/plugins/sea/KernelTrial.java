package dev.saccade.plugins.sea;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerDecoding;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.SingleLayer;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A SEA layer in the runtime's own graph with a loss Σ context·weighing. */
final class KernelTrial implements AutoCloseable {

  static final String WEIGHING = "weighing";
  private static final String LOSS = "loss";

  private final InstalledLayer layer;
  private final GraphRunner runner;

  KernelTrial(
      AttentionSpec spec,
      Map<String, String> options,
      int batch,
      int length,
      long seed,
      @Nullable INDArray real) {
    this.layer = new InstalledLayer(spec, options, batch, length, seed, real, List.of(WEIGHING));
    boolean built = false;
    try {
      this.runner = new GraphRunner(graph(LayerSize.self(batch, length)));
      built = true;
    } finally {
      if (!built) {
        layer.close();
      }
    }
  }

  private SameDiff graph(LayerSize size) {
    SameDiff graph = SameDiff.create();
    Map<String, SDVariable> given = new LinkedHashMap<>();
    layer
        .inputs()
        .forEach(
            (name, array) ->
                given.put(name, graph.placeHolder(name, array.dataType(), array.shape())));
    SDVariable context =
        slot()
            .addTo(
                graph,
                size,
                Objects.requireNonNull(given.get(SingleLayer.QUERY)),
                Objects.requireNonNull(given.get(SingleLayer.KEY)),
                Objects.requireNonNull(given.get(SingleLayer.VALUE)),
                given.get(SingleLayer.REAL),
                Set.of())
            .context();
    graph.identity(SingleLayer.CONTEXT, context);
    context.mul(Objects.requireNonNull(given.get(WEIGHING))).sum().rename(LOSS);
    return graph;
  }

  private AttentionSlot slot() {
    return layer.slot();
  }

  INDArray parameter(String name) {
    return Objects.requireNonNull(slot().parameters().get(name), name);
  }

  InstalledLayer installed() {
    return layer;
  }

  /** {@link SingleLayer}'s inputs, and {@link #WEIGHING}. */
  INDArray input(String name) {
    return layer.input(name);
  }

  /** Changes k in the graph as it stands. */
  void setKept(int k) {
    slot().change(SeaOptions.KEPT, Integer.toString(k));
  }

  /** Who computes, {@code recipe}, {@code plain} or {@code simd}. */
  String ranBy() {
    return layer.decision(SeaKernel.OPERATION).name();
  }

  /** Who computes, and why not others. */
  String decision() {
    return layer.decision(SeaKernel.OPERATION).toString();
  }

  /** {@code [B, H, T, D]}. */
  INDArray context() {
    Map<String, INDArray> given = new LinkedHashMap<>(layer.inputs());
    given.remove(WEIGHING);
    try (GraphOutputs outputs = runner.run(given, SingleLayer.CONTEXT)) {
      return outputs.copy(SingleLayer.CONTEXT);
    }
  }

  /** Begins to decode with the same parameters. */
  LayerDecoding decoding(int batch, int capacity) {
    return slot().decoding(batch, capacity).orElseThrow();
  }

  /** The contexts of all positions that a decoding takes, up to one end after the other. */
  INDArray decoded(LayerDecoding decoding, int... ends) {
    INDArray[] contexts = new INDArray[ends.length];
    for (int part = 0; part < ends.length; part++) {
      contexts[part] = advance(decoding, decoding.length(), ends[part]);
    }
    return Nd4j.concat(2, contexts);
  }

  /** Has a decoding take positions {@code from} … {@code to} − 1; returns their context. */
  INDArray advance(LayerDecoding decoding, int from, int to) {
    INDArray real = layer.inputs().get(SingleLayer.REAL);
    return decoding.advance(
        positions(SingleLayer.QUERY, from, to),
        positions(SingleLayer.KEY, from, to),
        positions(SingleLayer.VALUE, from, to),
        real == null ? null : real.get(all(), interval(from, to)));
  }

  private INDArray positions(String name, int from, int to) {
    return input(name).get(all(), all(), interval(from, to), all());
  }

  /** Gradients of Σ context·weighing in the inputs and every trained parameter, by name. */
  Map<String, INDArray> gradients() {
    Map<String, String> variables = layer.variables();
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    try (GraphOutputs seen = runner.gradients(layer.inputs(), LOSS, variables.values())) {
      variables.forEach((name, variable) -> gradients.put(name, seen.copy(variable)));
    }
    return gradients;
  }

  /** The most native memory that a run held at once. */
  long peakBytes() {
    return runner.peakBytes();
  }

  @Override
  public void close() {
    runner.close();
    layer.close();
  }
}
