package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;

/**
 * The last w + 1 keys, and the global ones before them: {@link SlidingWindowAttention} one position
 * after the other. A ring, so it takes as much at any length.
 */
final class WindowMemory implements HeadMemory {

  private final AttentionSpec spec;
  private final int globals;
  private final KeyValueCache everyones; // the global positions that are no padding
  private final KeyValueCache ring; // of w + 1 positions, padding included
  private final boolean[] visible; // [w + 1], by place in the ring

  /**
   * @param window w
   * @param globals g
   */
  WindowMemory(AttentionSpec spec, int window, int globals) {
    this(
        spec,
        globals,
        KeyValueCache.empty(spec),
        KeyValueCache.empty(spec),
        new boolean[Math.min(window, spec.maxPositions()) + 1]);
  }

  private WindowMemory(
      AttentionSpec spec,
      int globals,
      KeyValueCache everyones,
      KeyValueCache ring,
      boolean[] visible) {
    this.spec = spec;
    this.globals = globals;
    this.everyones = everyones;
    this.ring = ring;
    this.visible = visible;
  }

  @Override
  public long bytes() {
    return everyones.bytes() + ring.bytes() + visible.length;
  }

  @Override
  public HeadMemory copy() {
    return new WindowMemory(spec, globals, everyones.copy(), ring.copy(), visible.clone());
  }

  @Override
  public void take(NextPositions.OfHead next) {
    double[] query = new double[spec.headSize()];
    double[] key = new double[spec.headSize()];
    double[] value = new double[spec.headSize()];
    double[] logits = new double[KeyValueCache.TILE];
    for (int position = 0; position < next.count(); position++) {
      next.readKey(position, key);
      next.readValue(position, value);
      remember(next.first() + position, next.isVisible(position), key, value);
      for (int head = 0; head < next.queryHeads(); head++) {
        next.readQuery(head, position, query);
        next.writeContext(head, position, attend(query, logits));
      }
    }
  }

  private void remember(int position, boolean real, double[] key, double[] value) {
    if (position < globals) {
      if (real) {
        everyones.append(key, value);
      }
      return;
    }
    int place = (position - globals) % visible.length;
    visible[place] = real;
    if (place == ring.rows()) {
      ring.append(key, value);
    } else {
      ring.replace(place, key, value);
    }
  }

  private double[] attend(double[] query, double[] logits) {
    for (int d = 0; d < query.length; d++) {
      query[d] *= spec.scale();
    }
    OnlineSoftmax softmax = new OnlineSoftmax(spec.headSize());
    for (int tile = 0; tile < everyones.tiles(); tile++) {
      everyones.products(tile, query, logits);
      add(softmax, everyones, tile, logits);
    }
    for (int tile = 0; tile < ring.tiles(); tile++) {
      ring.products(tile, query, logits);
      for (int j = 0; j < ring.rowsOf(tile); j++) {
        if (!visible[tile * KeyValueCache.TILE + j]) {
          logits[j] = Double.NEGATIVE_INFINITY;
        }
      }
      add(softmax, ring, tile, logits);
    }
    softmax.finish();
    return softmax.mixed();
  }

  private static void add(OnlineSoftmax softmax, KeyValueCache cache, int tile, double[] logits) {
    int count = cache.rowsOf(tile);
    if (softmax.weigh(logits, count, OnlineSoftmax.greatest(logits, count))) {
      cache.addValues(tile, logits, count, softmax.mixed());
    }
  }
}
