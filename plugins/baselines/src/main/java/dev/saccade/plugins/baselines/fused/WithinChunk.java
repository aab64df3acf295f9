package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;

/**
 * How the positions of a chunk meet each other with a causal mask: as in plain attention. To use by
 * one thread.
 */
final class WithinChunk {

  private final BlockMath math;
  private final Block transposed; // [F, C]
  private final Block weights; // [C, C]

  WithinChunk(FeatureRoom room) {
    this.math = room.math();
    this.transposed = room.block(room.width(), room.rows());
    this.weights = room.block(room.rows());
  }

  /**
   * Adds what the queries take from the keys that are not later.
   *
   * @param features of the queries, {@code [n, F]}
   * @param ofKeys features, {@code [m, F]}
   * @param values {@code [m, D]}
   * @param sums of values, {@code [n, D]}
   * @param mass the sums of weights, {@code [n]}
   */
  void add(Block features, Block ofKeys, Block values, Block sums, float[] mass) {
    Block byFeature = transposed.columns(0, ofKeys.rows());
    Block within = weights.rows(0, features.rows()).columns(0, ofKeys.rows());
    math.copy(ofKeys.transposed(), byFeature);
    math.product(features, byFeature, within);
    Spread.hideLater(within);
    math.addProduct(within, values, sums);
    math.rowSums(within, mass);
  }
}
