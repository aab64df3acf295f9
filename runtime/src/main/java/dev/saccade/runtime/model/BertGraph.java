package dev.saccade.runtime.model;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.engine.GraphOps;
import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.BertWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A BERT encoder as a SameDiff graph with one attention slot a layer.
 *
 * <p>The residual stream is {@code [B·T, C]}, C being the hidden size, so that every dense layer is
 * one matrix product. Post-norm: each block adds its input and normalises the sum.
 *
 * <p>Devlin et al., BERT, 2019; the same function as Hugging Face's {@code BertModel} in
 * evaluation, with all tokens of type 0.
 */
final class BertGraph {

  /** The input tokens, {@code [B, T]}, int32. */
  static final String TOKENS = "tokens";

  /** One for a real token, zero for padding, {@code [B, T]}, float32. */
  static final String REAL = "real";

  private static final String PROBE = ".probe.";

  private final BertConfig config;
  private final BertWeights weights;
  private final List<AttentionSlot> slots;
  private final LayerSize size;
  private final Set<Probe> probes;
  private final SameDiff graph = SameDiff.create();
  private final SDVariable real;

  private BertGraph(
      BertConfig config,
      BertWeights weights,
      List<AttentionSlot> slots,
      LayerSize size,
      Set<Probe> probes) {
    this.config = config;
    this.weights = weights;
    this.slots = slots;
    this.size = size;
    this.probes = probes;
    this.real = graph.placeHolder(REAL, DataType.FLOAT, size.batch(), size.queries());
  }

  /**
   * Builds the graph for one size. Its variables are the very arrays of {@code weights} and of the
   * slots; closing the graph does not free them.
   */
  static SameDiff build(
      BertConfig config,
      BertWeights weights,
      List<AttentionSlot> slots,
      LayerSize size,
      Set<Probe> probes) {
    BertGraph bert = new BertGraph(config, weights, slots, size, probes);
    SDVariable hidden = bert.embeddings().rename(hidden(0));
    for (int layer = 0; layer < config.layers(); layer++) {
      hidden = bert.layer(layer, hidden).rename(hidden(layer + 1));
    }
    return bert.graph;
  }

  /** The hidden states, {@code [B·T, C]}, before the first layer (0) or after layer {@code n}. */
  static String hidden(int n) {
    return "hidden." + n;
  }

  /** What enters a layer's attention slot: {@code "query"}, {@code "key"} or {@code "value"}. */
  static String attentionInput(int layer, String which) {
    return "layer.%d.%s".formatted(layer, which);
  }

  /** What leaves a layer's attention slot, {@code [B, H, T, D]}. */
  static String context(int layer) {
    return "layer.%d.context".formatted(layer);
  }

  /** A probe of a layer, as {@link ShownProbe} reads it. */
  static String probe(int layer, Probe probe) {
    return "layer." + layer + PROBE + probe.name();
  }

  /** Every output of a graph: hidden states, what enters and leaves the slots, and probes. */
  static List<String> outputs(SameDiff graph, int layers) {
    List<String> names = new ArrayList<>();
    names.add(hidden(0));
    for (int layer = 0; layer < layers; layer++) {
      names.add(hidden(layer + 1));
      names.add(attentionInput(layer, "query"));
      names.add(attentionInput(layer, "key"));
      names.add(attentionInput(layer, "value"));
      names.add(context(layer));
    }
    graph.variables().stream()
        .map(SDVariable::name)
        .filter(name -> name.contains(PROBE))
        .forEach(names::add);
    return names;
  }

  private SDVariable embeddings() {
    SDVariable tokens =
        graph.placeHolder(TOKENS, DataType.INT32, size.batch(), size.queries()); // [B, T]
    SDVariable words =
        GraphOps.embedding(weight("embeddings.word_embeddings.weight"), tokens); // [B, T, C]
    SDVariable positions =
        GraphOps.embedding(
            weight("embeddings.position_embeddings.weight"),
            graph.constant(Nd4j.arange((double) size.queries()).castTo(DataType.INT32))); // [T, C]
    SDVariable type =
        GraphOps.embedding(
            weight("embeddings.token_type_embeddings.weight"),
            graph.constant(Nd4j.zeros(DataType.INT32, 1))); // [1, C]
    SDVariable sum = words.add(positions.add(type)); // [B, T, C]
    return norm(
        graph.reshape(sum, size.batch() * size.queries(), config.hiddenSize()),
        "embeddings.LayerNorm"); // [B·T, C]
  }

  private SDVariable layer(int index, SDVariable hidden) {
    String prefix = "encoder.layer.%d.".formatted(index);
    SDVariable context =
        attention(
            index,
            heads(index, "query", hidden),
            heads(index, "key", hidden),
            heads(index, "value", hidden)); // [B, H, T, D]
    SDVariable merged = GraphOps.mergeHeads(context, size.batch(), config.heads()); // [B·T, C]
    SDVariable attended =
        norm(
            dense(merged, prefix + "attention.output.dense").add(hidden),
            prefix + "attention.output.LayerNorm");
    SDVariable inner = activate(dense(attended, prefix + "intermediate.dense")); // [B·T, 4C]
    return norm(dense(inner, prefix + "output.dense").add(attended), prefix + "output.LayerNorm");
  }

  private SDVariable attention(int index, SDVariable query, SDVariable key, SDVariable value) {
    AttentionOutput output = slots.get(index).addTo(graph, size, query, key, value, real, probes);
    output.probes().forEach((probe, shown) -> ShownProbe.addTo(graph, probe(index, probe), shown));
    return graph.identity(context(index), output.context());
  }

  /** Projects the hidden states and splits them into heads: {@code [B, H, T, D]}. */
  private SDVariable heads(int index, String which, SDVariable hidden) {
    SDVariable projected =
        dense(hidden, "encoder.layer.%d.attention.self.%s".formatted(index, which)); // [B·T, C]
    return GraphOps.splitHeads(projected, size.batch(), config.heads())
        .rename(attentionInput(index, which));
  }

  private SDVariable activate(SDVariable x) {
    return switch (config.activation()) {
      case GELU -> GraphOps.fastGelu(x);
      case GELU_TANH -> geluByTanh(x);
      case RELU -> graph.nn().relu(x, 0);
    };
  }

  /** Hendrycks and Gimpel's approximation: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
  private SDVariable geluByTanh(SDVariable x) {
    SDVariable cubic = x.mul(x).mul(x).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(graph.math().tanh(cubic).add(1.0));
  }

  private SDVariable dense(SDVariable x, String name) {
    return GraphOps.linear(x, weight(name + ".kernel"), weight(name + ".bias"));
  }

  private SDVariable norm(SDVariable x, String name) {
    return GraphOps.fastLayerNorm(
        x, weight(name + ".weight"), weight(name + ".bias"), config.layerNormEpsilon());
  }

  private SDVariable weight(String name) {
    return graph.var(name, weights.get(name));
  }
}
