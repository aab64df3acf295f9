package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * Some consecutive keys of one head and their values, close at hand. What products need transposed
 * is transposed once, when it is loaded.
 */
final class KeyTile {

  /** C, the most keys of a tile. */
  static final int KEYS = 128;

  private final FlashCall call;
  private final Block keys; // [C, D]
  private final Block keysByFeature; // [D, C]
  private final Block values; // [C, D]
  private final float[] scales = new float[QueryTile.QUERIES];
  private final float[] real = new float[KEYS];
  private Span span = new Span(0, 0);
  private boolean allReal;
  private boolean noneReal;

  KeyTile(FlashCall call) {
    int headSize = call.size().headSize();
    this.call = call;
    this.keys = call.block(KEYS, headSize);
    this.keysByFeature = call.block(headSize, KEYS);
    this.values = call.block(KEYS, headSize);
    Arrays.fill(scales, call.scale());
  }

  /**
   * Takes some keys, at most {@link #KEYS}.
   *
   * @param head of B·K
   */
  void load(int head, Span some) {
    span = some;
    HeadRows.read(call.key(), head, call.size().keys(), some, keys);
    HeadRows.read(call.value(), head, call.size().keys(), some, values);
    call.math().copy(keys().transposed(), keysByFeature());
    loadReal(head / call.size().kvHeads());
  }

  private void loadReal(int sequence) {
    Arrays.fill(real, 1);
    call.real()
        .ifPresent(
            tensor ->
                tensor.read(
                    (long) sequence * call.size().keys() + span.first(), real, 0, span.count()));
    int hidden = 0;
    for (int j = 0; j < span.count(); j++) {
      hidden += real[j] == 0 ? 1 : 0;
    }
    allReal = hidden == 0;
    noneReal = hidden == span.count();
  }

  Span span() {
    return span;
  }

  /** {@code [C, D]}. */
  Block keys() {
    return keys.rows(0, span.count());
  }

  /** The same transposed, {@code [D, C]}. */
  Block keysByFeature() {
    return keysByFeature.columns(0, span.count());
  }

  /** {@code [C, D]}. */
  Block values() {
    return values.rows(0, span.count());
  }

  /** Whether some query sees some key. */
  boolean isSeenBy(Span queries) {
    return !noneReal && !call.sight().seesNone(queries, span);
  }

  /**
   * Writes the logits of some queries, −∞ for a key that a query does not see.
   *
   * @param query as many rows as queries
   */
  void logits(Block query, Span queries, Block into) {
    call.math().product(query, keysByFeature(), into);
    call.math().scaleRows(into, scales);
    if (!call.sight().seesAll(queries, span)) {
      call.sight().hide(into, queries, span);
    }
    if (!allReal) {
      hidePadding(into);
    }
  }

  private void hidePadding(Block logits) {
    for (int row = 0; row < logits.rows(); row++) {
      int start = logits.at(row, 0);
      for (int j = 0; j < logits.columns(); j++) {
        if (real[j] == 0) {
          logits.data()[start + j] = Float.NEGATIVE_INFINITY;
        }
      }
    }
  }
}
