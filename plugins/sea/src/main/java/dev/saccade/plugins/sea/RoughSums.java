package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * What {@link RoughContext} begins a block of one head with while decoding: the sums over all
 * positions so far, F·(2D + 1) numbers however long the text gets.
 *
 * <p>Of a long text every position would be rounded into great sums. So they are rounded anew, from
 * float64, every {@value #SPAN} positions or a block later.
 */
final class RoughSums {

  private static final int SPAN = 128;

  private final RoughStates.State now;
  private final RoughStates.State recent; // since the last fold
  private final double[] exact; // before that: memory, then mass
  private int positions; // in recent

  RoughSums(SeaSize size) {
    this.now = zero(size);
    this.recent = zero(size);
    this.exact = new double[size.features() * (2 * size.headSize() + 1)];
  }

  private RoughSums(RoughSums original) {
    this.now = copy(original.now);
    this.recent = copy(original.recent);
    this.exact = original.exact.clone();
    this.positions = original.positions;
  }

  RoughSums copy() {
    return new RoughSums(this);
  }

  RoughStates.State now() {
    return now;
  }

  /** Adds the positions that are loaded. */
  void add(RoughContext rough, int count) {
    rough.addTo(now);
    rough.addTo(recent);
    positions += count;
    if (positions >= SPAN) {
      fold(now.memory().data(), recent.memory().data(), 0);
      fold(now.mass().data(), recent.mass().data(), now.memory().data().length);
      positions = 0;
    }
  }

  private void fold(float[] sums, float[] since, int from) {
    for (int i = 0; i < sums.length; i++) {
      exact[from + i] += since[i];
      sums[i] = (float) exact[from + i];
    }
    Arrays.fill(since, 0);
  }

  long bytes() {
    return (2L * Float.BYTES + Double.BYTES) * exact.length;
  }

  private static RoughStates.State zero(SeaSize size) {
    return new RoughStates.State(
        Block.of(size.features(), 2 * size.headSize()), Block.of(1, size.features()));
  }

  private static RoughStates.State copy(RoughStates.State state) {
    return new RoughStates.State(copy(state.memory()), copy(state.mass()));
  }

  private static Block copy(Block block) {
    return Block.of(block.data().clone(), block.rows(), block.columns());
  }
}
