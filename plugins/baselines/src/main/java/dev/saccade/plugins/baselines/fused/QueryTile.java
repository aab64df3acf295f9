package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;

/** Some consecutive queries of one head, and what they have got from the keys so far. */
final class QueryTile {

  /** The most queries of a tile. */
  static final int QUERIES = 64;

  private final FlashCall call;
  private final Block queries; // [QUERIES, D]
  private final BlockSoftmax softmax;
  private Span span = new Span(0, 0);

  QueryTile(FlashCall call) {
    this.call = call;
    this.queries = call.block(QUERIES, call.size().headSize());
    this.softmax = new BlockSoftmax(call.math(), call.block(QUERIES, call.size().headSize()));
  }

  /**
   * Takes some queries, at most {@link #QUERIES}, which have seen no key yet.
   *
   * @param head of B·H
   */
  void load(int head, Span some) {
    span = some;
    HeadRows.read(call.query(), head, call.size().queries(), some, queries);
    softmax.begin(some.count());
  }

  /**
   * Shows the queries some keys.
   *
   * @param logits to work in, {@code [QUERIES, KEYS]}
   */
  void meet(KeyTile keys, Block logits) {
    if (!keys.isSeenBy(span)) {
      return;
    }
    Block seen = logits.rows(0, span.count()).columns(0, keys.span().count());
    keys.logits(queries.rows(0, span.count()), span, seen);
    softmax.meet(seen, keys.values());
  }

  /** Writes what the queries have got; zero for those that saw no key. */
  void finish(int head) {
    int positions = call.size().queries();
    HeadRows.write(call.context(), head, positions, span, softmax.finish());
    HeadRows.write(call.greatest(), head, positions, span, softmax.greatest());
    HeadRows.write(call.share(), head, positions, span, softmax.share());
  }
}
