package dev.saccade.plugins.baselines;

import dev.saccade.api.LayerGraph;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * A sequence in buckets of equal size, the last one filled up with zeros: what {@link
 * SinkhornLayer} does by shape alone.
 *
 * @param graph of batch B and length T
 * @param bucket b, positions of one bucket
 * @param count n, how many buckets there are
 * @param top how many other buckets each one sees
 */
record BucketGrid(LayerGraph graph, int bucket, int count, int top) {

  static BucketGrid of(LayerGraph graph, int bucket, int top) {
    int count = Math.toIntExact((graph.keys() + bucket - 1) / bucket);
    return new BucketGrid(graph, bucket, count, Math.min(top, count));
  }

  int heads() {
    return graph.spec().heads();
  }

  /** The length with padding, n·b. */
  int length() {
    return count * bucket;
  }

  /** {@code [B, H, T, width]} with zeros behind, {@code [B, H, n·b, width]}. */
  SDVariable filled(SDVariable x, int width) {
    long missing = length() - graph.keys();
    return missing == 0
        ? x
        : graph
            .sameDiff()
            .concat(2, x, Tables.zeros(graph, graph.batch(), heads(), missing, width));
  }

  /** {@code [B, H, n·b, width]} without the padding, {@code [B, H, T, width]}. */
  SDVariable unfilled(SDVariable x, int width) {
    return length() == graph.keys() ? x : rows(x, 0, heads(), 0, (int) graph.keys(), width);
  }

  /**
   * Moves the sequence of every head from H/2 on: what stood at position {@code by} stands first,
   * and what stood before it comes last.
   *
   * @param x {@code [B, H, n·b, width]}
   */
  SDVariable secondHalfMoved(SDVariable x, int by, int width) {
    int half = heads() / 2;
    SDVariable moved =
        graph
            .sameDiff()
            .concat(
                2,
                rows(x, half, heads(), by, length(), width),
                rows(x, half, heads(), 0, by, width));
    return half == 0
        ? moved
        : graph.sameDiff().concat(1, rows(x, 0, half, 0, length(), width), moved);
  }

  private SDVariable rows(SDVariable x, int fromHead, int toHead, int from, int to, int width) {
    int[] begin = {0, fromHead, from, 0};
    return graph
        .sameDiff()
        .slice(x, begin, (int) graph.batch(), toHead - fromHead, to - from, width);
  }

  /** {@code [B, H, n·b, width]} with a row for every bucket, {@code [B, H·n, b, width]}. */
  SDVariable buckets(SDVariable x, int width) {
    return x.reshape(graph.batch(), (long) heads() * count, bucket, width);
  }
}
