package dev.saccade.plugins.baselines;

import dev.saccade.api.LayerGraph;
import java.util.ArrayList;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * Which other buckets each bucket sees, and how much of them. Of m = n buckets in encoders; in
 * decoders of m = top + n, the first of which are empty and may be seen by all.
 *
 * @param scores how well queries of a bucket match keys of another, {@code [B, H, n, m]}
 * @param chosen one where row i of bucket u, at u·top + i, takes the keys; {@code [B, H, n·top, m]}
 * @param weights the same with softmax weights for the ones
 */
record BucketMatches(SDVariable scores, SDVariable chosen, SDVariable weights) {

  /** Far below any score, and finite when two are added. */
  private static final double IMPOSSIBLE = -1e30;

  /**
   * By the means of the buckets.
   *
   * @param query {@code [B, H, n·b, D]}
   * @param key {@code [B, H, n·b, D]}
   */
  static BucketMatches ofMeans(BucketGrid grid, SDVariable query, SDVariable key) {
    LayerGraph graph = grid.graph();
    int headSize = graph.spec().headSize();
    SDVariable queries = graph.math().mean(grid.buckets(query, headSize), 2); // [B, H·n, 1, D]
    SDVariable keys = graph.math().mean(grid.buckets(key, headSize), 2); // [B, H·n, 1, D]
    return best(grid, scores(grid, perHead(grid, queries), perHead(grid, keys)));
  }

  /**
   * By running means, so that nothing from behind a bucket's first query decides what the bucket
   * sees.
   */
  static BucketMatches ofRunningMeans(BucketGrid grid, SDVariable query, SDVariable key) {
    LayerGraph graph = grid.graph();
    int headSize = graph.spec().headSize();
    SDVariable firsts =
        graph
            .sameDiff()
            .slice(
                grid.buckets(runningMean(grid, query), headSize),
                new int[] {0, 0, 0, 0},
                (int) graph.batch(),
                grid.heads() * grid.count(),
                1,
                headSize); // [B, H·n, 1, D]
    SDVariable sums =
        graph.math().sum(grid.buckets(runningMean(grid, key), headSize), 2); // [B, H·n, 1, D]
    SDVariable empty = Tables.zeros(graph, graph.batch(), grid.heads(), grid.top(), headSize);
    SDVariable keys = graph.sameDiff().concat(2, empty, perHead(grid, sums)); // [B, H, m, D]
    SDVariable scores = scores(grid, perHead(grid, firsts), keys); // [B, H, n, m]
    return best(grid, scores.add(onlyBefore(grid)));
  }

  private static SDVariable runningMean(BucketGrid grid, SDVariable x) {
    LayerGraph graph = grid.graph();
    SDVariable counts = Tables.matrix(graph, grid.length(), 1, (t, one) -> t + 1); // [n·b, 1]
    return graph.math().cumulativeSum(x, 2).div(counts); // [B, H, n·b, D]
  }

  private static SDVariable perHead(BucketGrid grid, SDVariable means) {
    LayerGraph graph = grid.graph();
    return means.reshape(graph.batch(), grid.heads(), grid.count(), graph.spec().headSize());
  }

  private static SDVariable scores(BucketGrid grid, SDVariable queries, SDVariable keys) {
    LayerGraph graph = grid.graph();
    return graph
        .sameDiff()
        .mmul(queries, keys, false, true, false)
        .mul(graph.spec().scale()); // [B, H, n, m]
  }

  /** Zero for the empty buckets and for those before the own, {@code [n, m]}. */
  private static SDVariable onlyBefore(BucketGrid grid) {
    return Tables.matrix(
        grid.graph(),
        grid.count(),
        (long) grid.top() + grid.count(),
        (bucket, other) -> other < bucket + grid.top() ? 0 : IMPOSSIBLE);
  }

  /** The best of each row, then the best of what is left, and so on. */
  private static BucketMatches best(BucketGrid grid, SDVariable scores) {
    LayerGraph graph = grid.graph();
    List<SDVariable> chosen = new ArrayList<>();
    List<SDVariable> weights = new ArrayList<>();
    SDVariable left = scores; // [B, H, n, m]
    for (int i = 0; i < grid.top(); i++) {
      SDVariable best = graph.math().topMask(left, graph.constant(1).reshape(1, 1, 1, 1));
      chosen.add(best);
      weights.add(graph.math().softmax(left).mul(best));
      left = left.add(best.mul(IMPOSSIBLE));
    }
    return new BucketMatches(scores, rows(grid, chosen), rows(grid, weights));
  }

  /** Choices of one bucket one under the other. */
  private static SDVariable rows(BucketGrid grid, List<SDVariable> choices) {
    SameDiff sd = grid.graph().sameDiff();
    return sd.concat(3, choices.toArray(new SDVariable[0])) // [B, H, n, top·m]
        .reshape(grid.graph().batch(), grid.heads(), (long) grid.count() * grid.top(), -1);
  }

  /**
   * What each bucket gets from others.
   *
   * @param rows {@link #weights} or {@link #chosen}
   * @param x {@code [B, H, m·b, width]}
   * @return {@code [B, H·n, top·b, width]}
   */
  static SDVariable taken(BucketGrid grid, SDVariable rows, SDVariable x, int width) {
    LayerGraph graph = grid.graph();
    SDVariable buckets =
        x.reshape(graph.batch(), grid.heads(), -1, (long) grid.bucket() * width); // [B, H, m, b·w]
    return rows.mmul(buckets)
        .reshape(
            graph.batch(),
            (long) grid.heads() * grid.count(),
            (long) grid.top() * grid.bucket(),
            width);
  }
}
