package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * Some consecutive queries of one head, and what is known of them after the keys so far: the
 * greatest logit m, the sum l = Σ exp(x − m), the mixed values o = Σ exp(x − m)·v. When m grows to
 * m′, l and o shrink by exp(m − m′).
 */
final class QueryTile {

  /** The most queries of a tile. */
  static final int QUERIES = 64;

  private final FlashCall call;
  private final Block queries; // [QUERIES, D]
  private final Block mixed; // [QUERIES, D]
  private final float[] greatest = new float[QUERIES];
  private final float[] sums = new float[QUERIES];
  private final float[] greatestNow = new float[QUERIES];
  private final float[] shifts = new float[QUERIES];
  private Span span = new Span(0, 0);

  QueryTile(FlashCall call) {
    this.call = call;
    this.queries = call.block(QUERIES, call.size().headSize());
    this.mixed = call.block(QUERIES, call.size().headSize());
  }

  /**
   * Takes some queries, at most {@link #QUERIES}, which have seen no key yet.
   *
   * @param head of B·H
   */
  void load(int head, Span some) {
    span = some;
    HeadRows.read(call.query(), head, call.size().queries(), some, queries);
    Arrays.fill(mixed.data(), 0);
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    Arrays.fill(sums, 0);
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
    System.arraycopy(greatest, 0, greatestNow, 0, span.count());
    call.math().rowMaxima(seen, greatestNow);
    shrink();
    call.math().exp(seen, shifts, sums);
    call.math().addProduct(seen, keys.values(), mixed.rows(0, span.count()));
  }

  /** Expresses sums and mixed values by the greatest logits of now. */
  private void shrink() {
    boolean grown = false;
    for (int row = 0; row < span.count(); row++) {
      float now = greatestNow[row];
      // Nothing is seen yet: exp(−∞ − 0) is the zero that exp(−∞ − −∞) is not.
      shifts[row] = now == Float.NEGATIVE_INFINITY ? 0 : now;
      boolean same = now == greatest[row];
      grown |= !same;
      // From here on the factor; zero the first time.
      greatest[row] = same ? 1 : (float) Math.exp(greatest[row] - now);
      sums[row] *= greatest[row];
    }
    if (grown) {
      call.math().scaleRows(mixed.rows(0, span.count()), greatest);
    }
    System.arraycopy(greatestNow, 0, greatest, 0, span.count());
  }

  /** Writes what the queries have got; zero for those that saw no key. */
  void finish(int head) {
    int positions = call.size().queries();
    for (int row = 0; row < span.count(); row++) {
      boolean sawNone = sums[row] == 0;
      sums[row] = sawNone ? 0 : 1 / sums[row];
      greatest[row] = sawNone ? 0 : greatest[row];
    }
    Block context = mixed.rows(0, span.count());
    call.math().scaleRows(context, sums);
    HeadRows.write(call.context(), head, positions, span, context);
    HeadRows.write(call.greatest(), head, positions, span, greatest);
    HeadRows.write(call.share(), head, positions, span, sums);
  }
}
