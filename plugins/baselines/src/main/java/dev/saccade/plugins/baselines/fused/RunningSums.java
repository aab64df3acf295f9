package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * Σ aᵀb and a weighted Σ a or Σ b over all positions so far, for one thread of {@link
 * MixingKernel}.
 *
 * <p>A chunk is summed up by itself before it is added. So of a long text every chunk is rounded
 * into the great sum, not every position.
 */
final class RunningSums {

  private final MixingCall call;
  private final Block products; // [R, C]
  private final Block ofChunk; // [R, C]
  private final float[] total; // [F]
  private final float[] totalOfChunk; // [F]

  /**
   * @param rows the width of what is {@code a} to {@link #add}
   * @param columns the width of {@code b}
   */
  RunningSums(MixingCall call, int rows, int columns) {
    this.call = call;
    this.products = call.block(rows, columns);
    this.ofChunk = call.block(rows, columns);
    this.total = call.floats(call.width());
    this.totalOfChunk = call.floats(call.width());
  }

  /** Begins anew, with a total of {@code each} for every feature. */
  void clear(float each) {
    Arrays.fill(products.data(), 0);
    Arrays.fill(total, each);
  }

  /**
   * Adds a chunk.
   *
   * @param a {@code [n, R]}
   * @param b {@code [n, C]}
   * @param weights one a position, {@code [n]}
   * @param features {@code [n, F]}; {@code a} or {@code b}
   */
  void add(Block a, Block b, float[] weights, Block features) {
    call.math().product(a.transposed(), b, ofChunk);
    add(ofChunk.data(), products.data());
    Arrays.fill(totalOfChunk, 0);
    Spread.addWeighted(weights, features, totalOfChunk);
    add(totalOfChunk, total);
  }

  private static void add(float[] part, float[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += part[i];
    }
  }

  /** Σ aᵀb, {@code [R, C]}. */
  Block products() {
    return products;
  }

  /** Σ weight·features, {@code [F]}. */
  float[] total() {
    return total;
  }
}
