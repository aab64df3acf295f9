package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import java.util.Arrays;

/**
 * All values so far, which every query mixes by logits made up for their positions: {@link
 * SynthesizerAttention} one position after the other. Keys are never looked at.
 */
final class SynthesizerMemory implements HeadMemory {

  private final AttentionSpec spec;
  private final SynthesizedLogits logits;
  private final int head;
  private final KeyValueCache cache; // values of what is no padding
  private int[] positionOf; // by row of the cache, with room for more
  private double[] ofPositions = new double[KeyValueCache.TILE]; // grows with the text

  SynthesizerMemory(AttentionSpec spec, SynthesizedLogits logits, int head) {
    this(spec, logits, head, KeyValueCache.ofValues(spec), new int[KeyValueCache.TILE]);
  }

  private SynthesizerMemory(
      AttentionSpec spec,
      SynthesizedLogits logits,
      int head,
      KeyValueCache cache,
      int[] positionOf) {
    this.spec = spec;
    this.logits = logits;
    this.head = head;
    this.cache = cache;
    this.positionOf = positionOf;
  }

  @Override
  public long bytes() {
    return cache.bytes()
        + (long) Integer.BYTES * positionOf.length
        + (long) Double.BYTES * ofPositions.length;
  }

  @Override
  public HeadMemory copy() {
    return new SynthesizerMemory(spec, logits, head, cache.copy(), positionOf.clone());
  }

  @Override
  public void take(NextPositions.OfHead next) {
    double[] query = new double[spec.headSize()];
    double[] weights = new double[KeyValueCache.TILE];
    for (int i = 0; i < next.count(); i++) {
      int position = next.first() + i;
      if (next.isVisible(i)) {
        remember(next, i);
      }
      if (position >= ofPositions.length) {
        ofPositions = new double[2 * position];
      }
      next.readQuery(0, i, query);
      logits.write(query, head, position, ofPositions);
      next.writeContext(0, i, mix(weights));
    }
  }

  private void remember(NextPositions.OfHead next, int i) {
    if (cache.rows() == positionOf.length) {
      positionOf = Arrays.copyOf(positionOf, 2 * positionOf.length);
    }
    positionOf[cache.rows()] = next.first() + i;
    cache.append(next, i);
  }

  private double[] mix(double[] weights) {
    OnlineSoftmax softmax = new OnlineSoftmax(spec.headSize());
    for (int tile = 0; tile < cache.tiles(); tile++) {
      int count = cache.rowsOf(tile);
      for (int j = 0; j < count; j++) {
        weights[j] = ofPositions[positionOf[tile * KeyValueCache.TILE + j]];
      }
      if (softmax.weigh(weights, count, OnlineSoftmax.greatest(weights, count))) {
        cache.addValues(tile, weights, count, softmax.mixed());
      }
    }
    softmax.finish();
    return softmax.mixed();
  }
}
