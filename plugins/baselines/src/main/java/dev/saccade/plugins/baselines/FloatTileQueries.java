package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import dev.saccade.api.kernel.Block;
import dev.saccade.plugins.baselines.fused.BlockSoftmax;
import java.util.Arrays;

/** Queries in float32, as a block. */
final class FloatTileQueries implements TileQueries {

  private final AttentionSpec spec;
  private final NextPositions.OfHead next;
  private final Block queries; // [most, D], scaled
  private final Block logits; // [most, TILE]
  private final BlockSoftmax softmax;
  private final float[] scales;
  private int from;
  private int to;

  FloatTileQueries(AttentionSpec spec, NextPositions.OfHead next, int positions) {
    int most = positions * next.queryHeads();
    this.spec = spec;
    this.next = next;
    this.queries = Block.of(most, spec.headSize());
    this.logits = Block.of(most, KeyValueCache.TILE);
    this.softmax = new BlockSoftmax(next.math(), Block.of(most, spec.headSize()));
    this.scales = new float[most];
    Arrays.fill(scales, (float) spec.scale());
  }

  @Override
  public void load(int first, int end) {
    from = first;
    to = end;
    for (int head = 0; head < next.queryHeads(); head++) {
      next.readQueries(head, from, to, queries.data(), at(head));
    }
    next.math().scaleRows(queries.rows(0, count()), scales);
    softmax.begin(count());
  }

  private int count() {
    return (to - from) * next.queryHeads();
  }

  /** Where the queries of a head begin. */
  private int at(int head) {
    return head * (to - from) * spec.headSize();
  }

  @Override
  public void meet(KeyValueCache cache, int tile, Sight sight) {
    int rows = cache.rowsOf(tile);
    boolean some = false;
    for (int position = from; position < to; position++) {
      some |= sight.first(position) < rows && sight.end(position) > 0;
    }
    if (!some) {
      return;
    }
    FloatKeyValueCache floats = (FloatKeyValueCache) cache;
    Block seen = logits.rows(0, count()).columns(0, rows);
    next.math().product(queries.rows(0, count()), floats.keysByFeature(tile), seen);
    for (int i = 0; i < seen.rows(); i++) {
      int position = from + i % (to - from);
      hide(seen, i, 0, Math.min(sight.first(position), rows));
      hide(seen, i, Math.max(sight.end(position), 0), rows);
    }
    if (!sight.allReal()) {
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < seen.rows() && !sight.isReal(row); i++) {
          hide(seen, i, row, row + 1);
        }
      }
    }
    softmax.meet(seen, floats.values(tile));
  }

  private static void hide(Block logits, int query, int first, int end) {
    if (first < end) {
      int start = logits.at(query, 0);
      Arrays.fill(logits.data(), start + first, start + end, Float.NEGATIVE_INFINITY);
    }
  }

  @Override
  public void finish() {
    Block contexts = softmax.finish();
    for (int head = 0; head < next.queryHeads(); head++) {
      next.writeContexts(head, from, to, contexts.data(), at(head));
    }
  }
}
