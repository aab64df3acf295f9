package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Shape;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * softmax(QKᵀ/√D)·V as ordinary operations, for fewer key heads than query heads too. All queries
 * that a key head serves meet it side by side, so no key is repeated.
 */
final class GroupedSoftmax {

  private GroupedSoftmax() {}

  /** {@code [B, H, T, D]}; zero for a query that sees no key. */
  static SDVariable context(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    SDVariable together = byKeyHead(graph, weights(graph, query, key, mask), graph.keys());
    return byHead(graph, together.mmul(value), graph.spec().headSize());
  }

  /** {@code [B, H, T, S]}; rows sum to one, or to zero where a query sees no key. */
  static SDVariable weights(
      LayerGraph graph, SDVariable query, SDVariable key, AttentionMask mask) {
    AttentionSpec spec = graph.spec();
    SDVariable queries = byKeyHead(graph, query, spec.headSize()); // [B, K, H/K·T, D]
    SDVariable scores = graph.sameDiff().mmul(queries, key, false, true, false);
    SDVariable logits = byHead(graph, scores, graph.keys()).mul(spec.scale()); // [B, H, T, S]
    return spec.masking() == Masking.NONE
        ? graph.math().softmax(logits)
        : graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
  }

  private static SDVariable byKeyHead(LayerGraph graph, SDVariable x, long width) {
    AttentionSpec spec = graph.spec();
    long together = spec.heads() / spec.kvHeads() * graph.queries();
    return reshaped(x, Shape.of(graph.batch(), spec.kvHeads(), together, width));
  }

  private static SDVariable byHead(LayerGraph graph, SDVariable x, long width) {
    return reshaped(x, Shape.of(graph.batch(), graph.spec().heads(), graph.queries(), width));
  }

  private static SDVariable reshaped(SDVariable x, Shape shape) {
    return x.reshape(shape.toArray());
  }
}
