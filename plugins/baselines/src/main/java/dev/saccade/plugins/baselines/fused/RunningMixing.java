package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;

/**
 * Kernelised attention of one head with a causal mask, a few positions at a time: what {@link
 * MixingForward} does chunk by chunk, with sums that outlive a call, 2·F·(D + 1) numbers. Used by
 * one thread at a time.
 *
 * <p>Recent positions are summed up by themselves and then added, so that of a long text every
 * chunk is rounded into the great sums, not every position.
 */
public final class RunningMixing {

  /** The most positions that are taken at a time. */
  public static final int MOST = MixingCall.CHUNK;

  private final MixingLayer layer;
  private final Block memory; // [F, D], Σφ(k)vᵀ
  private final Block recent; // [F, D]
  private final float[] total; // [F], Σφ(k)
  private final float[] recentTotal; // [F]
  private int positions; // in what is recent

  RunningMixing(MixingLayer layer) {
    this.layer = layer;
    this.memory = Block.of(layer.width(), layer.headSize());
    this.recent = Block.of(layer.width(), layer.headSize());
    this.total = new float[layer.width()];
    this.recentTotal = new float[layer.width()];
    Arrays.fill(total, layer.mixing().perFeature());
  }

  private RunningMixing(RunningMixing original) {
    this.layer = original.layer;
    this.memory = copy(original.memory);
    this.recent = copy(original.recent);
    this.total = original.total.clone();
    this.recentTotal = original.recentTotal.clone();
    this.positions = original.positions;
  }

  private static Block copy(Block block) {
    return Block.of(block.data().clone(), block.rows(), block.columns());
  }

  public RunningMixing copy() {
    return new RunningMixing(this);
  }

  public long bytes() {
    return 2L * Float.BYTES * (memory.data().length + total.length);
  }

  /**
   * Takes the next n positions, at most {@link #MOST}.
   *
   * @param queries {@code [n, D]}, as keys and values
   * @param counts whether each key counts, {@code [n]}
   * @param places how many positions are real up to each, {@code [n]}
   * @return their context, {@code [n, D]}
   */
  public Block take(
      BlockMath math, Block queries, Block keys, Block values, boolean[] counts, int[] places) {
    int count = queries.rows();
    FeatureRoom room = layer.room(math, count);
    Block features = layer.ofQueries(room, queries, places);
    Block ofKeys = layer.ofKeys(room, keys, places);
    for (int row = 0; row < count; row++) {
      if (!counts[row]) {
        Arrays.fill(ofKeys.data(), ofKeys.at(row, 0), ofKeys.at(row, 0) + ofKeys.columns(), 0);
      }
    }
    Block sums = room.block(layer.headSize());
    float[] mass = new float[count];
    mixFromBefore(math, features, sums, mass);
    new WithinChunk(room).add(features, ofKeys, values, sums, mass);
    remember(math, ofKeys, values);
    for (int row = 0; row < count; row++) {
      mass[row] = 1 / layer.mixing().divisor(mass[row]);
    }
    math.scaleRows(sums, mass);
    return sums;
  }

  private void mixFromBefore(BlockMath math, Block features, Block sums, float[] mass) {
    math.product(features, memory, sums);
    math.addProduct(features, recent, sums);
    float[] all = total.clone();
    add(recentTotal, all);
    int[] rows = new int[features.rows()];
    Arrays.setAll(rows, row -> row);
    math.gatherProducts(all, 0, features, rows, 0, rows.length, mass, 0);
  }

  private void remember(BlockMath math, Block ofKeys, Block values) {
    math.addProduct(ofKeys.transposed(), values, recent);
    float[] ones = new float[ofKeys.rows()];
    Arrays.fill(ones, 1);
    Spread.addWeighted(ones, ofKeys, recentTotal);
    positions += ofKeys.rows();
    if (positions >= MOST) {
      add(recent.data(), memory.data());
      add(recentTotal, total);
      Arrays.fill(recent.data(), 0);
      Arrays.fill(recentTotal, 0);
      positions = 0;
    }
  }

  private static void add(float[] part, float[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += part[i];
    }
  }
}
