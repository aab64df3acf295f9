package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;

/** Queries in float64, one after the other. */
final class DoubleTileQueries implements TileQueries {

  private final AttentionSpec spec;
  private final NextPositions.OfHead next;
  private final double[][] queries; // [most][D], scaled
  private final OnlineSoftmax[] softmax; // of every query
  private final double[] logits = new double[KeyValueCache.TILE];
  private int from;
  private int to;

  DoubleTileQueries(AttentionSpec spec, NextPositions.OfHead next, int positions) {
    int most = positions * next.queryHeads();
    this.spec = spec;
    this.next = next;
    this.queries = new double[most][spec.headSize()];
    this.softmax = new OnlineSoftmax[most];
  }

  @Override
  public void load(int first, int end) {
    from = first;
    to = end;
    for (int i = 0; i < count(); i++) {
      next.readQuery(head(i), position(i), queries[i]);
      for (int d = 0; d < spec.headSize(); d++) {
        queries[i][d] *= spec.scale();
      }
      softmax[i] = new OnlineSoftmax(spec.headSize());
    }
  }

  private int count() {
    return (to - from) * next.queryHeads();
  }

  private int head(int query) {
    return query / (to - from);
  }

  private int position(int query) {
    return from + query % (to - from);
  }

  @Override
  public void meet(KeyValueCache cache, int tile, Sight sight) {
    for (int i = 0; i < count(); i++) {
      int first = Math.max(sight.first(position(i)), 0);
      int end = Math.min(sight.end(position(i)), cache.rowsOf(tile));
      if (first >= end) {
        continue;
      }
      cache.products(tile, queries[i], logits);
      for (int row = 0; row < end; row++) {
        if (row < first || !sight.isReal(row)) {
          logits[row] = Double.NEGATIVE_INFINITY;
        }
      }
      if (softmax[i].weigh(logits, end, OnlineSoftmax.greatest(logits, end))) {
        cache.addValues(tile, logits, end, softmax[i].mixed());
      }
    }
  }

  @Override
  public void finish() {
    for (int i = 0; i < count(); i++) {
      softmax[i].finish();
      next.writeContext(head(i), position(i), softmax[i].mixed());
    }
  }
}
