package dev.saccade.runtime.model;

import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What went on inside a model in one forward pass: every hidden state and all that entered and left
 * the attention slots. On the heap, row-major; padding included.
 *
 * @param batch B, the texts
 * @param positions T, the length that the batch was padded to
 * @param hidden {@code [B, T, hiddenSize]} each: before the first layer, then after every layer; of
 *     decoders the last is what the output matrix reads, {@code [B, T, embeddingSize]}
 * @param layers one an attention slot
 */
public record Trace(int batch, int positions, List<float[]> hidden, List<OfLayer> layers) {

  /** Copies what a graph of any family computed. */
  static Trace read(GraphOutputs outputs, TokenBatch batch, int layers, Set<Probe> probes) {
    List<float[]> hidden = new ArrayList<>();
    for (int n = 0; n <= layers; n++) {
      hidden.add(outputs.floats(GraphNames.hidden(n)));
    }
    List<OfLayer> traced = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      traced.add(OfLayer.read(outputs, layer, batch.positions(), probes));
    }
    return new Trace(batch.sequences(), batch.positions(), hidden, traced);
  }

  /** What entered and left one attention slot; the arrays are not copied, so do not change them. */
  public static final class OfLayer {

    private final float[] query;
    private final float[] key;
    private final float[] value;
    private final float[] context;
    private final Map<Probe, ShownProbe> probes;

    OfLayer(
        float[] query, float[] key, float[] value, float[] context, Map<Probe, ShownProbe> probes) {
      this.query = query;
      this.key = key;
      this.value = value;
      this.context = context;
      this.probes = Map.copyOf(probes);
    }

    private static OfLayer read(GraphOutputs outputs, int layer, int positions, Set<Probe> probes) {
      Map<Probe, ShownProbe> shown = new LinkedHashMap<>();
      for (Probe probe : probes) {
        ShownProbe.of(outputs, GraphNames.probe(layer, probe), positions)
            .ifPresent(value -> shown.put(probe, value));
      }
      return new OfLayer(
          outputs.floats(GraphNames.attentionInput(layer, "query")),
          outputs.floats(GraphNames.attentionInput(layer, "key")),
          outputs.floats(GraphNames.attentionInput(layer, "value")),
          outputs.floats(GraphNames.context(layer)),
          shown);
    }

    /** {@code [B, H, T, D]}, not yet scaled. */
    public float[] query() {
      return query;
    }

    /** {@code [B, H, T, D]}. */
    public float[] key() {
      return key;
    }

    /** {@code [B, H, T, D]}. */
    public float[] value() {
      return value;
    }

    /** {@code [B, H, T, D]}. */
    public float[] context() {
      return context;
    }

    /** All numbers of what the slot shows, if it was asked for and the mechanism can show it. */
    public Optional<float[]> probe(Probe probe) {
      return shown(probe).map(ShownProbe::dense);
    }

    /** As {@link #probe}, in the form in which the mechanism shows it. */
    public Optional<ShownProbe> shown(Probe probe) {
      return Optional.ofNullable(probes.get(probe));
    }
  }
}
