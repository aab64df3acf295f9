package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.function.IntFunction;

/**
 * What {@link BlockFeatures} compute with.
 *
 * @param rows the most positions at a time
 * @param headSize D
 * @param width of blocks of features; see {@link Mixing#width}
 * @param memory gives so many numbers, of undefined content
 */
record FeatureRoom(BlockMath math, int rows, int headSize, int width, IntFunction<float[]> memory) {

  /** A row for every position. */
  Block block(int columns) {
    return block(rows, columns);
  }

  Block block(int someRows, int columns) {
    return Block.of(memory.apply(Math.multiplyExact(someRows, columns)), someRows, columns);
  }
}
