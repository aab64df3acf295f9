package dev.saccade.plugins.baselines;

import dev.saccade.api.kernel.Block;
import dev.saccade.plugins.baselines.fused.MixingLayer;
import dev.saccade.plugins.baselines.fused.RunningMixing;
import java.util.Arrays;

/** Kernelised attention in float32, as {@link FeatureMemory} is in float64: by blocks. */
final class MixingMemory implements HeadMemory {

  private final int headSize;
  private final PaddedKeys paddedKeys;
  private final RunningMixing mixing;
  private int places;

  /**
   * @param headSize D
   * @param paddedKeys whether the features of padding count; its values never do
   */
  MixingMemory(MixingLayer layer, int headSize, PaddedKeys paddedKeys) {
    this(headSize, paddedKeys, layer.begin(), 0);
  }

  private MixingMemory(int headSize, PaddedKeys paddedKeys, RunningMixing mixing, int places) {
    this.headSize = headSize;
    this.paddedKeys = paddedKeys;
    this.mixing = mixing;
    this.places = places;
  }

  @Override
  public long bytes() {
    return mixing.bytes();
  }

  @Override
  public HeadMemory copy() {
    return new MixingMemory(headSize, paddedKeys, mixing.copy(), places);
  }

  @Override
  public void take(NextPositions.OfHead next) {
    for (int from = 0; from < next.count(); from += RunningMixing.MOST) {
      take(next, from, Math.min(from + RunningMixing.MOST, next.count()));
    }
  }

  private void take(NextPositions.OfHead next, int from, int to) {
    Block queries = Block.of(to - from, headSize);
    Block keys = Block.of(to - from, headSize);
    Block values = Block.of(to - from, headSize);
    next.readQueries(0, from, to, queries.data(), 0);
    next.readKeys(from, to, keys.data(), 0);
    next.readValues(from, to, values.data(), 0);
    boolean[] counts = new boolean[to - from];
    int[] placesUpTo = new int[to - from];
    for (int i = 0; i < counts.length; i++) {
      boolean visible = next.isVisible(from + i);
      counts[i] = visible || paddedKeys == PaddedKeys.COUNTED;
      if (visible) {
        places++;
      } else {
        Arrays.fill(values.data(), i * headSize, (i + 1) * headSize, 0);
      }
      placesUpTo[i] = places;
    }
    Block context = mixing.take(next.math(), queries, keys, values, counts, placesUpTo);
    next.writeContexts(0, from, to, context.data(), 0);
  }
}
