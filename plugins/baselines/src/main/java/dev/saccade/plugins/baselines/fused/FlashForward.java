package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;

/**
 * One thread's work on the way forward of {@link FlashKernel}. A task is several tiles of queries
 * of one head, so that a tile of keys is loaded and transposed once for all of them.
 */
final class FlashForward {

  /** How many tiles of queries meet a tile of keys while it is close. */
  private static final int TILES = 4;

  private static final int QUERIES = TILES * QueryTile.QUERIES;

  private final FlashCall call;
  private final KeyTile keys;
  private final QueryTile[] queries = new QueryTile[TILES];
  private final Block logits;

  FlashForward(FlashCall call) {
    this.call = call;
    this.keys = new KeyTile(call);
    this.logits = call.block(QueryTile.QUERIES, KeyTile.KEYS);
    for (int i = 0; i < TILES; i++) {
      queries[i] = new QueryTile(call);
    }
  }

  static int tasks(AttentionSize size) {
    return Math.multiplyExact(size.batch() * size.heads(), tasksOfHead(size));
  }

  private static int tasksOfHead(AttentionSize size) {
    return (size.queries() + QUERIES - 1) / QUERIES;
  }

  /** Computes the context of some queries. */
  void run(int task) {
    AttentionSize size = call.size();
    int head = task / tasksOfHead(size);
    // The last queries first: with a causal mask they take longest, and nobody waits for them then.
    int first = (tasksOfHead(size) - 1 - task % tasksOfHead(size)) * QUERIES;
    Span all = Span.from(first, QUERIES, size.queries());
    int tiles = 0;
    for (int from = first; from < all.to(); from += QueryTile.QUERIES) {
      queries[tiles++].load(head, Span.from(from, QueryTile.QUERIES, all.to()));
    }
    for (int from = 0; from < size.keys(); from += KeyTile.KEYS) {
      Span some = Span.from(from, KeyTile.KEYS, size.keys());
      if (!call.sight().seesNone(all, some)) {
        keys.load(size.kvHead(head), some);
        for (int i = 0; i < tiles; i++) {
          queries[i].meet(keys, logits);
        }
      }
    }
    for (int i = 0; i < tiles; i++) {
      queries[i].finish(head);
    }
  }
}
