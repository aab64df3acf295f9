package dev.saccade.runtime.model;

import dev.saccade.api.Probe;
import dev.saccade.runtime.attention.ShownProbe;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/** What the inputs and outputs of models' graphs are called, whatever the family. */
final class GraphNames {

  /** The input tokens, {@code [B, T]}, int32. */
  static final String TOKENS = "tokens";

  /** The segment of every token, {@code [B, T]}, int32. */
  static final String TYPES = "types";

  /** How many real tokens of its sequence come before a token; −1 for padding; as the tokens. */
  static final String COUNTED = "counted";

  /** One for a real token, zero for padding, {@code [B, T]}, float32. */
  static final String REAL = "real";

  /** What the head for next or masked tokens gives, {@code [B·T, V]}. */
  static final String TOKEN_LOGITS = "logits.token";

  /** What the head for classes reads, {@code [B, C]}. */
  static final String POOLED = "pooled";

  /** What the head for classes gives, {@code [B, classes]}. */
  static final String CLASS_LOGITS = "logits.class";

  private static final String PROBE = ".probe.";

  private GraphNames() {}

  /** The hidden states, {@code [B·T, C]}, before the first layer (0) or after layer {@code n}. */
  static String hidden(int n) {
    return "hidden." + n;
  }

  /** What enters a layer's attention slot: {@code "query"}, {@code "key"} or {@code "value"}. */
  static String attentionInput(int layer, String which) {
    return "layer.%d.%s".formatted(layer, which);
  }

  /** What leaves a layer's attention slot, {@code [B, H, T, D]}; an input where one decodes. */
  static String context(int layer) {
    return "layer.%d.context".formatted(layer);
  }

  /** What goes past a layer's attention slot, {@code [B·T, C]}, where one decodes: an output. */
  static String past(int layer) {
    return "layer.%d.past".formatted(layer);
  }

  /** {@link #past} as it comes in again behind the slot: an input. */
  static String pastAgain(int layer) {
    return "layer.%d.past-again".formatted(layer);
  }

  /** A probe of a layer, as {@link ShownProbe} reads it. */
  static String probe(int layer, Probe probe) {
    return "layer." + layer + PROBE + probe.name();
  }

  /** What enters and leaves a slot. */
  static List<String> aroundSlot(int layer) {
    return List.of(
        attentionInput(layer, "query"),
        attentionInput(layer, "key"),
        attentionInput(layer, "value"),
        context(layer));
  }

  /** Every output of a graph: hidden states, what enters and leaves the slots, and probes. */
  static List<String> outputs(SameDiff graph, int layers) {
    List<String> names = new ArrayList<>();
    names.add(hidden(0));
    for (int layer = 0; layer < layers; layer++) {
      names.add(hidden(layer + 1));
      names.addAll(aroundSlot(layer));
    }
    graph.variables().stream()
        .map(SDVariable::name)
        .filter(name -> name.contains(PROBE))
        .forEach(names::add);
    return names;
  }
}
