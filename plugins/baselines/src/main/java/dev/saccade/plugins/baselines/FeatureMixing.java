package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMask;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * What all kernelised attention has in common: a key weighs φ(q)·φ(k), so that keys and values can
 * meet before any query does.
 *
 * <p>Without a causal mask they meet once, in a memory φ(K)ᵀV of F×D numbers. With one, every query
 * would need a memory of its own, those of all keys up to it; T memories are more than the
 * attention matrix that they were to avoid. So positions are cut into chunks: within a chunk
 * queries meet keys as in plain attention, C×C at a time, and what lies before the chunk comes as
 * one memory. That is linear in T, in time and memory, and no sum ever holds a later key, not even
 * to be subtracted again.
 *
 * <p>Yang et al., Gated Linear Attention Transformers, ICML 2024, section 2.2, for the chunks.
 *
 * @param sum Σⱼ (φ(q)·φ(kⱼ))·vⱼ over the keys that a query may see, {@code [B, H, T, D]}
 * @param mass Σⱼ φ(q)·φ(kⱼ) over the same, {@code [B, H, T, 1]}
 */
record FeatureMixing(SDVariable sum, SDVariable mass) {

  /** C: small enough for C×C to be nothing, large enough for memories to be few. */
  private static final long CHUNK = 64;

  /**
   * Mixes as the spec's masking says; padding must be taken out of the features before.
   *
   * @param queryFeatures φ(Q), {@code [B, H, T, F]}
   * @param keyFeatures φ(K), {@code [B, H, S, F]}; zero for keys that are padding
   * @param value {@code [B, H, S, D]}
   * @param features F
   */
  static FeatureMixing of(
      LayerGraph graph,
      SDVariable queryFeatures,
      SDVariable keyFeatures,
      SDVariable value,
      long features) {
    return graph.spec().masking().causal()
        ? causal(graph, queryFeatures, keyFeatures, value, features)
        : everything(graph, queryFeatures, keyFeatures, value);
  }

  private static FeatureMixing everything(
      LayerGraph graph, SDVariable queryFeatures, SDVariable keyFeatures, SDVariable value) {
    SameDiff sd = graph.sameDiff();
    SDVariable memory = sd.mmul(keyFeatures, value, true, false, false); // [B, H, F, D]
    SDVariable total = graph.math().sum(keyFeatures, 2); // [B, H, 1, F]
    return new FeatureMixing(
        queryFeatures.mmul(memory), sd.mmul(queryFeatures, total, false, true, false));
  }

  private static FeatureMixing causal(
      LayerGraph graph,
      SDVariable queryFeatures,
      SDVariable keyFeatures,
      SDVariable value,
      long features) {
    SameDiff sd = graph.sameDiff();
    Chunks chunks = Chunks.of(graph);
    SDVariable queries = chunks.cut(queryFeatures, graph.queries(), features); // [B·H, n, C, F]
    SDVariable keys = chunks.cut(keyFeatures, graph.keys(), features); // [B·H, n, C, F]
    SDVariable values = chunks.cut(value, graph.keys(), graph.spec().headSize()); // [B·H, n, C, D]

    SDVariable notLater =
        Tables.matrix(graph, chunks.size(), chunks.size(), (row, column) -> column <= row ? 1 : 0);
    SDVariable within = sd.mmul(queries, keys, false, true, false).mul(notLater);
    // [B·H, n, C, C]
    SDVariable sum = within.mmul(values); // [B·H, n, C, D]
    SDVariable mass = graph.math().sum(within, 3); // [B·H, n, C, 1]
    if (chunks.count() > 1) {
      long size = graph.spec().headSize();
      SDVariable memory = chunks.before(sd.mmul(keys, values, true, false, false), features, size);
      // [B·H, n, F, D]
      SDVariable total = chunks.before(graph.math().sum(keys, 2), 1, features); // [B·H, n, 1, F]
      sum = sum.add(queries.mmul(memory));
      mass = mass.add(sd.mmul(queries, total, false, true, false));
    }
    return new FeatureMixing(
        chunks.join(sum, graph.spec().headSize()), chunks.join(mass, 1)); // [B, H, T, D], [.., 1]
  }

  /** The weights that were never computed, {@code [B, H, T, S]}; only to be looked at. */
  static SDVariable attention(
      LayerGraph graph,
      AttentionMask mask,
      SDVariable queryFeatures,
      SDVariable keyFeatures,
      SDVariable mass) {
    SDVariable weights =
        graph.sameDiff().mmul(queryFeatures, keyFeatures, false, true, false).div(mass);
    return mask.masking() == Masking.NONE ? weights : weights.mul(mask.visible());
  }

  /**
   * Positions in pieces of one size.
   *
   * @param count n
   * @param size C; the last chunk is filled with zeros
   */
  private record Chunks(LayerGraph graph, long count, long size) {

    static Chunks of(LayerGraph graph) {
      long length = graph.queries();
      long count = (length + CHUNK - 1) / CHUNK;
      return new Chunks(graph, count, (length + count - 1) / count);
    }

    /**
     * From {@code [B, H, positions, width]} to {@code [B·H, n, C, width]}. Keys after the last
     * query are cut off, since nobody sees them.
     */
    SDVariable cut(SDVariable x, long positions, long width) {
      long heads = graph.spec().heads();
      long missing = count * size - positions;
      SDVariable fitting = x;
      if (missing > 0) {
        SDVariable nothing = Tables.zeros(graph, graph.batch(), heads, missing, width);
        fitting = graph.sameDiff().concat(2, x, nothing);
      } else if (missing < 0) {
        fitting = Axes.slice(x, 4, 2, 0, count * size);
      }
      return fitting.reshape(graph.batch() * heads, count, size, width);
    }

    /** From {@code [B·H, n, C, width]} to {@code [B, H, T, width]}. */
    SDVariable join(SDVariable x, long width) {
      long heads = graph.spec().heads();
      SDVariable full = x.reshape(graph.batch(), heads, count * size, width);
      return count * size == graph.queries() ? full : Axes.slice(full, 4, 2, 0, graph.queries());
    }

    /** For every chunk the sum of those before it; of {@code [B·H, n, rows, columns]}. */
    SDVariable before(SDVariable x, long rows, long columns) {
      SDVariable none = Tables.zeros(graph, graph.batch() * graph.spec().heads(), 1, rows, columns);
      SDVariable upTo = graph.math().cumulativeSum(Axes.slice(x, 4, 1, 0, count - 1), 1);
      return graph.sameDiff().concat(1, none, upTo);
    }
  }
}
