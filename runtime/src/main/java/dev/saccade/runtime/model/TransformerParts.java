package dev.saccade.runtime.model;

import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.runtime.attention.AttentionSlot;
import dev.saccade.runtime.attention.LayerObjective;
import dev.saccade.runtime.attention.LayerSize;
import dev.saccade.runtime.attention.ShownProbe;
import dev.saccade.runtime.engine.GraphOps;
import dev.saccade.runtime.model.ModelBinding.GraphKey;
import dev.saccade.runtime.model.ModelBinding.GraphKey.Purpose;
import dev.saccade.runtime.weights.Activation;
import dev.saccade.runtime.weights.ModelWeights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * What the graphs of all model families are put together from, and the graph that grows.
 *
 * <p>The residual stream is {@code [B·T, C]}, C being the hidden size, so that every dense layer is
 * one matrix product. Variables are the very arrays of the weights and of the slots; closing the
 * graph does not free them.
 *
 * <p>A graph for decoding has no attention in it: what would enter a slot is an output, what would
 * leave it is an input, and so is what goes past it, so that one layer after the other can be run.
 */
final class TransformerParts {

  private final SameDiff graph = SameDiff.create();
  private final ModelWeights weights;
  private final AttentionSpec spec;
  private final List<AttentionSlot> slots;
  private final GraphKey key;
  private final double epsilon;
  private final Map<String, SDVariable> variables = new LinkedHashMap<>();
  private final List<AttentionOutput> attended = new ArrayList<>();
  private @Nullable SDVariable real;

  /**
   * @param epsilon what layer normalisation adds to the variance
   */
  TransformerParts(
      ModelWeights weights,
      AttentionSpec spec,
      List<AttentionSlot> slots,
      GraphKey key,
      double epsilon) {
    this.weights = weights;
    this.spec = spec;
    this.slots = slots;
    this.key = key;
    this.epsilon = epsilon;
  }

  SameDiff graph() {
    return graph;
  }

  /** What the slots gave so far, one a layer. */
  List<AttentionOutput> attended() {
    return attended;
  }

  private LayerSize size() {
    return key.size();
  }

  /** B. */
  long batch() {
    return size().batch();
  }

  /** T. */
  long positions() {
    return size().queries();
  }

  /** B·T. */
  long rows() {
    return batch() * positions();
  }

  /** {@code [B, H, T, D]}. */
  long[] headsShape() {
    return new long[] {batch(), spec.heads(), positions(), spec.headSize()};
  }

  /** An input of whole numbers, {@code [B, T]}. */
  SDVariable integers(String name) {
    return graph.placeHolder(name, DataType.INT32, batch(), positions());
  }

  /** Whether a token is real, {@code [B, T]}. */
  SDVariable real() {
    SDVariable known = real;
    if (known == null) {
      known = graph.placeHolder(GraphNames.REAL, DataType.FLOAT, batch(), positions());
      real = known;
    }
    return known;
  }

  /** Rows of a table, {@code [B·T, features]} of ids {@code [B, T]}. */
  SDVariable embedded(String table, SDVariable ids) {
    SDVariable rows = GraphOps.embedding(weight(table + ".weight"), ids); // [B, T, features]
    return graph.reshape(rows, rows(), weights.get(table + ".weight").size(1));
  }

  /** The embeddings of the input tokens, {@code [B·T, features]}; padding's is not trained. */
  SDVariable words(String table, int paddingId) {
    SDVariable rows =
        GraphOps.embedding(
            weight(table + ".weight"), integers(GraphNames.TOKENS), paddingId); // [B, T, features]
    return graph.reshape(rows, rows(), weights.get(table + ".weight").size(1));
  }

  /** Some rows of x, by number. */
  SDVariable rowsOf(SDVariable x, SDVariable numbers) {
    return GraphOps.embedding(x, numbers);
  }

  SDVariable dense(SDVariable x, String name) {
    return GraphOps.linear(x, weight(name + ".kernel"), weight(name + ".bias"));
  }

  /** A dense layer beside which {@code residual} goes past. */
  SDVariable dense(SDVariable x, String name, SDVariable residual) {
    return GraphOps.linear(x, weight(name + ".kernel"), weight(name + ".bias"), residual);
  }

  /** A dense layer without bias. */
  SDVariable matrix(SDVariable x, String name) {
    return GraphOps.linear(x, weight(name + ".kernel"));
  }

  /** How alike x is to every row of a table: {@code [N, features]} → {@code [N, rows]}. */
  SDVariable likeRowsOf(String table, SDVariable x) {
    return graph.mmul(x, weight(table + ".weight"), false, true, false);
  }

  SDVariable norm(SDVariable x, String name) {
    return GraphOps.fastLayerNorm(x, weight(name + ".weight"), weight(name + ".bias"), epsilon);
  }

  SDVariable activate(Activation activation, SDVariable x) {
    return switch (activation) {
      case GELU -> GraphOps.fastGelu(x);
      case GELU_TANH -> geluByTanh(x);
      case RELU -> GraphOps.relu(x);
    };
  }

  /** Hendrycks and Gimpel's approximation: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³))). */
  private SDVariable geluByTanh(SDVariable x) {
    SDVariable cubic = x.mul(x).mul(x).mul(0.044715).add(x).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(graph.math().tanh(cubic).add(1.0));
  }

  SDVariable weight(String name) {
    return variables.computeIfAbsent(name, absent -> graph.var(absent, weights.get(absent)));
  }

  /**
   * The attention slot of a layer.
   *
   * @param query {@code [B·T, C]}, not yet scaled; so are key and value
   * @return {@code [B·T, C]}
   */
  SDVariable attend(int layer, SDVariable query, SDVariable key, SDVariable value) {
    SDVariable queries = heads(layer, "query", query);
    SDVariable keys = heads(layer, "key", key);
    SDVariable values = heads(layer, "value", value);
    SDVariable context =
        decoding()
            ? graph.placeHolder(GraphNames.context(layer), DataType.FLOAT, headsShape())
            : context(layer, queries, keys, values);
    return GraphOps.mergeHeads(context, batch(), spec.heads());
  }

  /** Splits into heads: {@code [B, H, T, D]}. */
  private SDVariable heads(int layer, String which, SDVariable x) {
    return GraphOps.splitHeads(x, batch(), spec.heads())
        .rename(GraphNames.attentionInput(layer, which));
  }

  private SDVariable context(int layer, SDVariable queries, SDVariable keys, SDVariable values) {
    AttentionOutput output =
        slots.get(layer).addTo(graph, size(), queries, keys, values, real(), key.probes());
    attended.add(output);
    output
        .probes()
        .forEach((probe, shown) -> ShownProbe.addTo(graph, GraphNames.probe(layer, probe), shown));
    return graph.identity(GraphNames.context(layer), output.context());
  }

  /** What goes past the attention slot of a layer, {@code [B·T, C]}. */
  SDVariable past(int layer, SDVariable x) {
    if (!decoding()) {
      return x;
    }
    graph.identity(GraphNames.past(layer), x);
    return graph.placeHolder(
        GraphNames.pastAgain(layer), DataType.FLOAT, rows(), spec.hiddenSize());
  }

  /** Whether the graph is for decoding, where only the last position says something. */
  boolean decoding() {
    return key.purpose() == Purpose.Plain.DECODING;
  }

  /**
   * What a layer's mechanism learns from exact attention, by an objective of its own.
   *
   * @param query the teacher's, {@code [B, H, T, D]}, not yet scaled; so are key and value
   */
  LayerObjective objective(int layer, SDVariable query, SDVariable key, SDVariable value) {
    return LayerObjective.addTo(
        graph, slots.get(layer), size(), attended.get(layer), query, key, value, real());
  }

  /** Adds the loss of a student, if that is what the graph is for. */
  void finish() {
    if (key.purpose() instanceof Purpose.Distilling distilling) {
      DistillationTerms.addTo(this, distilling.objective(), slots.size(), distilling.weights());
    }
  }

  /** The losses that mechanisms bring of themselves, added up; nothing if none does. */
  private @Nullable SDVariable ownLosses() {
    @Nullable SDVariable sum = null;
    for (AttentionOutput output : attended) {
      for (SDVariable loss : output.losses().values()) {
        sum = sum == null ? loss : sum.add(loss);
      }
    }
    return sum;
  }

  /**
   * Adds the cross entropy with labels, which are inputs then.
   *
   * @param logits {@code [N, classes]}
   */
  void addLoss(Objective objective, SDVariable logits, long labels) {
    SDVariable given = graph.placeHolder(objective.labels(), DataType.INT32, labels);
    SDVariable each =
        GraphOps.sparseCrossEntropy(logits, given).rename(objective.surprisal()); // [N]
    SDVariable share = graph.placeHolder(objective.share(), DataType.FLOAT);
    // In double precision first: a sum of a thousand float32 loses digits.
    SDVariable task = GraphOps.sum(each.reshape(1, labels), 1).sum().mul(share);
    SDVariable own = ownLosses();
    graph.identity(objective.loss(), own == null ? task : task.add(own));
  }
}
