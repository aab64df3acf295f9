package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Probe;
import dev.saccade.runtime.engine.GraphOutputs;
import dev.saccade.runtime.engine.GraphRunner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One attention layer alone, without a model around it: given queries, keys and values it gives the
 * context. Measurements and tests of mechanisms use it. Not safe for use by several threads; the
 * slot's mechanism must be leased as long as this is being built.
 */
public final class SingleLayer implements AutoCloseable {

  public static final String QUERY = "query";
  public static final String KEY = "key";
  public static final String VALUE = "value";

  /** One for a real position, zero for padding, {@code [B, S]}; only where masking is padded. */
  public static final String REAL = "real";

  public static final String CONTEXT = "context";

  private final GraphRunner runner;
  private final long keys; // S
  private final List<String> outputs = new ArrayList<>(List.of(CONTEXT));

  /** Builds the layer for one size; see {@link AttentionSlot#addTo} for what it may refuse. */
  public SingleLayer(AttentionSlot slot, LayerSize size, Set<Probe> probes) {
    AttentionSpec spec = slot.spec();
    SameDiff graph = SameDiff.create();
    DataType type = ElementTypes.nd4j(spec.elementType());
    SDVariable query =
        graph.placeHolder(QUERY, type, size.batch(), spec.heads(), size.queries(), spec.headSize());
    SDVariable key =
        graph.placeHolder(KEY, type, size.batch(), spec.kvHeads(), size.keys(), spec.headSize());
    SDVariable value =
        graph.placeHolder(VALUE, type, size.batch(), spec.kvHeads(), size.keys(), spec.headSize());
    SDVariable real =
        spec.masking().padded() ? graph.placeHolder(REAL, type, size.batch(), size.keys()) : null;
    AttentionOutput output = slot.addTo(graph, size, query, key, value, real, probes);
    graph.identity(CONTEXT, output.context());
    output
        .probes()
        .forEach((probe, shown) -> outputs.addAll(ShownProbe.addTo(graph, probe(probe), shown)));
    this.keys = size.keys();
    this.runner = new GraphRunner(graph);
  }

  /** The output that holds a dense probe. */
  public static String probe(Probe probe) {
    return "probe." + probe.name();
  }

  /** What a probe showed, dense or sparse; nothing if the layer was not asked or cannot show it. */
  public Optional<ShownProbe> shown(GraphOutputs outputs, Probe probe) {
    return ShownProbe.of(outputs, probe(probe), keys);
  }

  /**
   * Computes the context and every probe that the layer gave.
   *
   * @param inputs {@link #QUERY}, {@link #KEY}, {@link #VALUE} and, where masking is padded, {@link
   *     #REAL}
   */
  public GraphOutputs run(Map<String, INDArray> inputs) {
    return runner.run(inputs, outputs);
  }

  /** The most native memory that the last run held at once, outputs included, inputs aside. */
  public long peakBytes() {
    return runner.peakBytes();
  }

  @Override
  public void close() {
    runner.close();
  }
}
