package dev.saccade.plugins.sea;

import dev.saccade.api.LayerGraph;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Estimating for every n-th query only, the first included; the queries after it, up to the next,
 * take its row of the estimate over. Neighbouring queries attend alike, so it saves most of the
 * estimate's time for little; and as a row only ever moves to later queries, it stays causal.
 *
 * @param every n
 * @param queries T
 */
record QuerySkip(int every, long queries) {

  static QuerySkip of(LayerGraph graph, SeaOptions options) {
    return new QuerySkip(options.estimateEvery(), graph.queries());
  }

  /** T′, how many queries are estimated for: ⌈T/n⌉. */
  long estimated() {
    return (queries + every - 1) / every;
  }

  /** {@code [B, H, T, size]} to {@code [B, H, T′, size]}. */
  SDVariable sample(LayerGraph graph, SDVariable x, long size) {
    if (every == 1) {
      return x;
    }
    long[] end = {graph.batch(), graph.spec().heads(), queries, size};
    return graph
        .sameDiff()
        .stridedSlice(x, new long[] {0, 0, 0, 0}, end, new long[] {1, 1, every, 1});
  }

  /** {@code [B, H, T′, size]} to {@code [B, H, T, size]}. */
  SDVariable repeat(LayerGraph graph, SDVariable x, long size) {
    if (every == 1) {
      return x;
    }
    long batch = graph.batch();
    long heads = graph.spec().heads();
    SDVariable[] copies = new SDVariable[every];
    Arrays.fill(copies, x.reshape(batch, heads, estimated(), 1, size));
    long repeated = estimated() * every;
    SDVariable all = graph.sameDiff().concat(3, copies).reshape(batch, heads, repeated, size);
    return Tables.slice(all, 2, 0, queries, batch, heads, repeated, size);
  }
}
