package dev.saccade.plugins.baselines;

import org.jspecify.annotations.Nullable;

/**
 * The way forward of {@link FlashKernel}: {@link OnlineSoftmax} over one tile of keys after the
 * other.
 *
 * @param query {@code [B·H, T, D]}
 * @param key {@code [B·K, S, D]}
 * @param value {@code [B·K, S, D]}
 * @param real {@code [B, S]}, or null if no key is hidden
 * @param context {@code [B·H, T, D]}, written
 * @param logSum {@code [B·H, T]}, written
 */
record FlashForward(
    FlashSize size,
    double scale,
    boolean causal,
    Numbers query,
    Numbers key,
    Numbers value,
    @Nullable Numbers real,
    Numbers context,
    Numbers logSum) {

  /** Computes the queries at positions {@code from} … {@code to} − 1 of one head of B·H. */
  void run(int head, int from, int to) {
    int headSize = size.headSize();
    KeyTile tile = new KeyTile(headSize, causal);
    Row[] rows = new Row[to - from];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = new Row(headSize);
      query.read(((long) head * size.queries() + from + i) * headSize, rows[i].query, headSize);
      rows[i].scaleQuery(scale);
    }
    int seen = causal ? Math.min(to, size.keys()) : size.keys();
    double[] weights = new double[KeyTile.KEYS];
    for (int first = 0; first < seen; first += KeyTile.KEYS) {
      int last = Math.min(first + KeyTile.KEYS, seen);
      tile.load(size, key, value, real, size.kvHead(head), first, last);
      for (int i = 0; i < rows.length; i++) {
        rows[i].meet(tile, from + i, weights);
      }
    }
    double[] one = new double[1];
    for (int i = 0; i < rows.length; i++) {
      long row = (long) head * size.queries() + from + i;
      one[0] = rows[i].softmax.finish();
      context.write(row * headSize, rows[i].softmax.mixed(), headSize);
      logSum.write(row, one, 1);
    }
  }

  /** What is known of one query after the keys so far. */
  private static final class Row {

    private final double[] query;
    private final OnlineSoftmax softmax;

    Row(int headSize) {
      this.query = new double[headSize];
      this.softmax = new OnlineSoftmax(headSize);
    }

    void scaleQuery(double scale) {
      for (int d = 0; d < query.length; d++) {
        query[d] *= scale;
      }
    }

    void meet(KeyTile tile, int position, double[] weights) {
      double greatest = tile.logits(query, position, weights);
      if (softmax.weigh(weights, tile.count(), greatest)) {
        tile.addValues(weights, softmax.mixed());
      }
    }
  }
}
