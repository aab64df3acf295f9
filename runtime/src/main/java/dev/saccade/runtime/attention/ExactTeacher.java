package dev.saccade.runtime.attention;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.ElementType;
import dev.saccade.api.distill.TeacherAttention;
import dev.saccade.runtime.engine.GraphOps;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Exact softmax attention in the graph of a student. Scores and context are computed only if they
 * are asked for, and once; in float32 the context takes no matrix.
 */
final class ExactTeacher implements TeacherAttention {

  private final SameDiff graph;
  private final AttentionSpec spec;
  private final LayerSize size;
  private final AttentionMask mask;
  private final SDVariable query;
  private final SDVariable key;
  private final SDVariable value;
  private @Nullable SDVariable scores;
  private @Nullable SDVariable context;

  /**
   * @param query {@code [B, H, T, D]}, not yet scaled
   * @param key {@code [B, K, S, D]}
   * @param value {@code [B, K, S, D]}
   */
  ExactTeacher(
      SameDiff graph,
      AttentionSpec spec,
      LayerSize size,
      AttentionMask mask,
      SDVariable query,
      SDVariable key,
      SDVariable value) {
    this.graph = graph;
    this.spec = spec;
    this.size = size;
    this.mask = mask;
    this.query = query.mul(spec.scale());
    this.key = key;
    this.value = value;
  }

  @Override
  public SDVariable query() {
    return query;
  }

  @Override
  public SDVariable key() {
    return key;
  }

  @Override
  public SDVariable scores() {
    if (scores == null) {
      scores = graph.mmul(query, forEveryQueryHead(key), false, true, false).add(mask.bias());
    }
    return scores; // [B, H, T, S]
  }

  @Override
  public SDVariable context() {
    if (context == null) {
      context = spec.elementType() == ElementType.F32 ? withoutMatrix() : byScores();
    }
    return context; // [B, H, T, D]
  }

  private SDVariable withoutMatrix() {
    boolean causal = spec.masking().causal();
    return GraphOps.exactContext(query, key, value, causal, mask.keys().orElse(null));
  }

  private SDVariable byScores() {
    SDVariable weights = GraphOps.softmax(scores()).mul(mask.visible()); // [B, H, T, S]
    return graph.mmul(weights, forEveryQueryHead(value));
  }

  /** {@code [B, K, S, D]} → {@code [B, H, S, D]}: H/K query heads in a row share a key head. */
  private SDVariable forEveryQueryHead(SDVariable shared) {
    int sharing = spec.heads() / spec.kvHeads();
    if (sharing == 1) {
      return shared;
    }
    SDVariable apart =
        graph.reshape(shared, size.batch(), spec.kvHeads(), 1, size.keys(), spec.headSize());
    return graph.reshape(
        graph.tile(apart, 1, 1, sharing, 1, 1),
        size.batch(),
        spec.heads(),
        size.keys(),
        spec.headSize());
  }
}
