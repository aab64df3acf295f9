package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Initializer;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Parameter;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Shape;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

/**
 * One slot filled by {@link SinkhornAttention}.
 *
 * @param bucket b, positions of one bucket
 * @param top how many other buckets each one sees, if there are as many
 * @param keysAsValues whether keys of other buckets are mixed for their values
 */
record SinkhornLayer(AttentionSpec spec, int bucket, int top, boolean keysAsValues)
    implements AttentionLayer {

  /** The key of every position of an empty bucket, {@code [H, 1, D]}. */
  static final String EMPTY_KEY = "empty.key";

  /** The value of every position of an empty bucket, {@code [H, 1, D]}. */
  static final String EMPTY_VALUE = "empty.value";

  /** C is T/b in encoders; decoders also choose from the empty buckets. */
  static final Probe MATCHES =
      new Probe("matches", "[B, H, T/b, C]", "how well buckets match each of C to choose from");

  static final Probe CHOSEN =
      new Probe("chosen", "[B, H, T/b·top, C]", "softmax weight of the buckets that are seen");

  /** Far below any logit, and finite when two are added. */
  private static final double INVISIBLE = -1e30;

  @Override
  public List<Parameter> parameters() {
    if (!spec.masking().causal()) {
      return List.of();
    }
    Shape shape = Shape.of(spec.heads(), 1, spec.headSize());
    return List.of(
        Parameter.trained(EMPTY_KEY, shape, Initializer.normal(1)),
        Parameter.trained(EMPTY_VALUE, shape, Initializer.normal(1)));
  }

  @Override
  public List<Probe> probes() {
    return List.of(Probe.ATTENTION, MATCHES, CHOSEN);
  }

  @Override
  public AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
    BucketGrid grid = BucketGrid.of(graph, bucket, top);
    SDVariable real = real(grid, mask); // [B, H, T, 1]
    SDVariable queries = arranged(grid, query, spec.headSize()); // [B, H, n·b, D]
    SDVariable keys = arranged(grid, key, spec.headSize()); // [B, H, n·b, D]
    BucketMatches matches =
        spec.masking().causal()
            ? BucketMatches.ofRunningMeans(grid, queries, keys)
            : BucketMatches.ofMeans(grid, queries, keys);
    SDVariable otherKeys = taken(grid, matches, keys, EMPTY_KEY); // [B, H·n, top·b, D]
    SDVariable weights =
        weights(
            grid,
            grid.buckets(queries, spec.headSize()),
            graph.sameDiff().concat(2, otherKeys, grid.buckets(keys, spec.headSize())),
            visible(grid, matches, real)); // [B, H·n, b, (top + 1)·b]

    SDVariable values = arranged(grid, value.mul(real), spec.headSize()); // [B, H, n·b, D]
    SDVariable otherValues =
        keysAsValues ? otherKeys : taken(grid, matches, values, EMPTY_VALUE); // [B, H·n, top·b, D]
    AttentionOutput output =
        AttentionOutput.of(
            mixed(grid, weights, otherValues, values, spec.headSize())
                .mul(real)); // [B, H, T, D]; empty buckets give nothing to padding
    if (graph.wants(MATCHES)) {
      output = output.withProbe(MATCHES, new ProbeValue.Dense(matches.scores()));
    }
    if (graph.wants(CHOSEN)) {
      output = output.withProbe(CHOSEN, new ProbeValue.Dense(matches.weights()));
    }
    return graph.wants(Probe.ATTENTION)
        ? output.withProbe(
            Probe.ATTENTION, new ProbeValue.Dense(ofPositions(grid, matches, weights, real)))
        : output;
  }

  /** One for real positions, zero for padding, {@code [B, H, T, 1]}. */
  private SDVariable real(BucketGrid grid, AttentionMask mask) {
    LayerGraph graph = grid.graph();
    Optional<SDVariable> keys = mask.keys(); // [B, T]
    return keys.map(
            ones ->
                graph
                    .sameDiff()
                    .tile(ones.reshape(graph.batch(), 1, graph.keys(), 1), 1, spec.heads(), 1, 1))
        .orElseGet(() -> Tables.ones(graph, graph.batch(), spec.heads(), graph.keys(), 1));
  }

  /** {@code [B, H, T, width]} as {@code [B, H, n·b, width]} in the order that is cut to buckets. */
  private SDVariable arranged(BucketGrid grid, SDVariable x, int width) {
    SDVariable filled = grid.filled(x, width);
    return spec.masking().causal() ? grid.secondHalfMoved(filled, bucket - 1, width) : filled;
  }

  /** Undoes {@link #arranged}. */
  private SDVariable inPlace(BucketGrid grid, SDVariable x, int width) {
    SDVariable filled =
        spec.masking().causal() ? grid.secondHalfMoved(x, grid.length() - (bucket - 1), width) : x;
    return grid.unfilled(filled, width);
  }

  /** Keys or values of the buckets that each bucket sees, {@code [B, H·n, top·b, D]}. */
  private SDVariable taken(BucketGrid grid, BucketMatches matches, SDVariable x, String empty) {
    LayerGraph graph = grid.graph();
    if (!spec.masking().causal()) {
      return BucketMatches.taken(grid, matches.weights(), x, spec.headSize());
    }
    SameDiff sd = graph.sameDiff();
    SDVariable one = graph.parameter(empty).reshape(1, spec.heads(), 1, spec.headSize());
    SDVariable emptyBuckets =
        sd.tile(one, (int) graph.batch(), 1, grid.top() * bucket, 1); // [B, H, top·b, D]
    return BucketMatches.taken(
        grid, matches.weights(), sd.concat(2, emptyBuckets, x), spec.headSize());
  }

  /** Softmax over what a query may see; zeros if that is nothing. */
  private SDVariable weights(
      BucketGrid grid, SDVariable queries, SDVariable keys, SDVariable visible) {
    SDVariable logits =
        grid.graph().sameDiff().mmul(queries, keys, false, true, false).mul(spec.scale());
    SDVariable bias = visible.rsub(1.0).mul(INVISIBLE);
    return grid.graph().math().softmax(logits.add(bias)).mul(visible);
  }

  /** One where a query may see a key: {@code [B, H·n, 1 or b, (top + 1)·b]}. */
  private SDVariable visible(BucketGrid grid, BucketMatches matches, SDVariable real) {
    LayerGraph graph = grid.graph();
    SameDiff sd = graph.sameDiff();
    SDVariable own = arranged(grid, real, 1); // [B, H, n·b, 1]
    SDVariable all =
        spec.masking().causal()
            ? sd.concat(
                2,
                Tables.ones(graph, graph.batch(), spec.heads(), (long) grid.top() * bucket, 1),
                own)
            : own; // [B, H, m·b, 1]
    SDVariable others = BucketMatches.taken(grid, matches.chosen(), all, 1); // [B, H·n, top·b, 1]
    SDVariable keys =
        sd.concat(2, others, grid.buckets(own, 1))
            .reshape(
                graph.batch(),
                (long) spec.heads() * grid.count(),
                1,
                (grid.top() + 1L) * bucket); // [B, H·n, 1, (top + 1)·b]
    return spec.masking().causal() ? keys.mul(past(grid)) : keys;
  }

  /**
   * One where a key is not after the query, {@code [1, H·n, b, (top + 1)·b]}.
   *
   * <p>Other buckets are before. In the moved heads the last bucket begins with the last position
   * of all, and goes on with the first b − 1 of all: these see neither it nor another bucket, and
   * it does not see them.
   */
  private SDVariable past(BucketGrid grid) {
    int others = grid.top() * bucket;
    int perHead = grid.count() * bucket;
    int rows = spec.heads() * perHead;
    SDVariable past =
        Tables.matrix(
            grid.graph(),
            rows,
            (long) others + bucket,
            (row, column) -> {
              int position = row % bucket;
              boolean moved = row / perHead >= spec.heads() / 2;
              boolean last = row % perHead / bucket == grid.count() - 1;
              int from = moved && last && position > 0 ? others + 1 : 0;
              return from <= column && column <= others + position ? 1 : 0;
            });
    return past.reshape(1, (long) spec.heads() * grid.count(), bucket, (long) others + bucket);
  }

  /** {@code [B, H, T, width]}, where {@code own} is {@code [B, H, n·b, width]}. */
  private SDVariable mixed(
      BucketGrid grid, SDVariable weights, SDVariable others, SDVariable own, int width) {
    LayerGraph graph = grid.graph();
    SDVariable all =
        graph
            .sameDiff()
            .concat(2, others, grid.buckets(own, width)); // [B, H·n, (top + 1)·b, width]
    SDVariable context =
        weights.mmul(all).reshape(graph.batch(), spec.heads(), grid.length(), width);
    return inPlace(grid, context, width);
  }

  /**
   * The weight of every position, {@code [B, H, T, T]}: what comes of mixing the rows of a unit
   * matrix. Empty buckets have no position.
   */
  private SDVariable ofPositions(
      BucketGrid grid, BucketMatches matches, SDVariable weights, SDVariable real) {
    LayerGraph graph = grid.graph();
    SameDiff sd = graph.sameDiff();
    int length = (int) graph.keys();
    SDVariable unit = Tables.matrix(graph, length, length, (t, s) -> t == s ? 1 : 0);
    SDVariable units = arranged(grid, real.mul(unit), length); // [B, H, n·b, T]
    SDVariable all =
        spec.masking().causal()
            ? sd.concat(
                2,
                Tables.zeros(
                    graph, graph.batch(), spec.heads(), (long) grid.top() * bucket, length),
                units)
            : units;
    SDVariable others = BucketMatches.taken(grid, matches.weights(), all, length);
    return mixed(grid, weights, others, units, length).mul(real);
  }
}
