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

  /** How many queries meet a tile together. */
  private static final int QUERIES = 32;

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
    int queries = next.queryHeads() * next.count();
    double[] logits = new double[KeyValueCache.TILE];
    for (int from = 0; from < queries; from += QUERIES) {
      Query[] together = new Query[Math.min(QUERIES, queries - from)];
      for (int i = 0; i < together.length; i++) {
        int position = (from + i) % next.count();
        together[i] = new Query(next, (from + i) / next.count(), position, seen[position]);
      }
      for (int tile = 0; tile < cache.tiles(); tile++) {
        for (Query query : together) {
          query.meet(tile, logits);
        }
      }
      for (Query query : together) {
        query.finish(next);
      }
    }
  }

  /** Returns how many keys each of the positions sees, {@code [n]}. */
  private int[] remember(NextPositions.OfHead next) {
    double[] key = new double[spec.headSize()];
    double[] value = new double[spec.headSize()];
    int[] seen = new int[next.count()];
    for (int position = 0; position < seen.length; position++) {
      if (next.isVisible(position)) {
        next.readKey(position, key);
        next.readValue(position, value);
        cache.append(key, value);
      }
      seen[position] = cache.rows();
    }
    return seen;
  }

  /** One query, and what is known of it after the tiles so far. */
  private final class Query {

    private final int head;
    private final int position;
    private final int seen;
    private final double[] query = new double[spec.headSize()];
    private final OnlineSoftmax softmax = new OnlineSoftmax(spec.headSize());

    Query(NextPositions.OfHead next, int head, int position, int seen) {
      this.head = head;
      this.position = position;
      this.seen = seen;
      next.readQuery(head, position, query);
      for (int d = 0; d < query.length; d++) {
        query[d] *= spec.scale();
      }
    }

    void meet(int tile, double[] logits) {
      int count = Math.min(seen - tile * KeyValueCache.TILE, KeyValueCache.TILE);
      if (count <= 0) {
        return;
      }
      cache.products(tile, query, logits);
      if (softmax.weigh(logits, count, OnlineSoftmax.greatest(logits, count))) {
        cache.addValues(tile, logits, count, softmax.mixed());
      }
    }

    void finish(NextPositions.OfHead next) {
      softmax.finish();
      next.writeContext(head, position, softmax.mixed());
    }
  }
}
