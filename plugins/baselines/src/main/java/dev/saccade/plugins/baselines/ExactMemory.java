package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.decode.IncrementalAttention;
import java.util.Optional;

/**
 * All keys and values so far, to which every query attends by softmax: {@link SoftmaxAttention} and
 * {@link FlashAttention} one position after the other.
 *
 * <p>A query costs one pass over the keys and values, which is what memory can deliver. Several
 * queries, of a prompt or of heads that share keys, meet a tile together while it is close.
 */
final class ExactMemory implements HeadMemory {

  private final AttentionSpec spec;
  private final KeyValueCache cache; // of what is no padding

  ExactMemory(AttentionSpec spec) {
    this(spec, KeyValueCache.empty(spec));
  }

  /** How layers of exact attention decode: with a causal mask, or not at all. */
  static Optional<IncrementalAttention> decoding(AttentionSpec spec) {
    return spec.masking().causal()
        ? Optional.of(setup -> HeadwiseDecoding.open(setup, head -> new ExactMemory(spec)))
        : Optional.empty();
  }

  private ExactMemory(AttentionSpec spec, KeyValueCache cache) {
    this.spec = spec;
    this.cache = cache;
  }

  @Override
  public long bytes() {
    return cache.bytes();
  }

  @Override
  public HeadMemory copy() {
    return new ExactMemory(spec, cache.copy());
  }

  @Override
  public void take(NextPositions.OfHead next) {
    int[] seen = remember(next);
    int together = TileQueries.together(next);
    TileQueries queries = cache.queries(spec, next, together);
    for (int from = 0; from < next.count(); from += together) {
      int to = Math.min(from + together, next.count());
      queries.load(from, to);
      for (int tile = 0; tile * KeyValueCache.TILE < seen[to - 1]; tile++) {
        queries.meet(cache, tile, new Past(seen, tile * KeyValueCache.TILE));
      }
      queries.finish();
    }
  }

  /** Returns how many keys each of the positions sees, {@code [n]}. */
  private int[] remember(NextPositions.OfHead next) {
    int[] seen = new int[next.count()];
    for (int position = 0; position < seen.length; position++) {
      if (next.isVisible(position)) {
        cache.append(next, position);
      }
      seen[position] = cache.rows();
    }
    return seen;
  }

  /**
   * What is not later.
   *
   * @param seen how many keys each position sees
   * @param start the first key of the tile
   */
  @SuppressWarnings("ArrayRecordComponent") // a view
  private record Past(int[] seen, int start) implements TileQueries.Sight {

    @Override
    public int first(int position) {
      return 0;
    }

    @Override
    public int end(int position) {
      return seen[position] - start;
    }
  }
}
