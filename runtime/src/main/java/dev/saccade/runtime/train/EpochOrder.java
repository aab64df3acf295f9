package dev.saccade.runtime.train;

import java.util.Random;

/**
 * The order in which an epoch goes through its items: another permutation in every epoch, each a
 * function of seed and epoch alone.
 *
 * <p>Drawn by Fisher and Yates's method from {@link Random}, whose numbers Java's specification
 * fixes for all versions. For one thread.
 */
public final class EpochOrder {

  private final int[] order;
  private final long seed;
  private int epoch = -1;

  /**
   * @param items how many there are
   */
  public EpochOrder(int items, long seed) {
    this.order = new int[items];
    this.seed = seed;
  }

  /** Returns the item at a place of an epoch. */
  public int at(int epoch, int index) {
    if (epoch != this.epoch) {
      shuffle(epoch);
      this.epoch = epoch;
    }
    return order[index];
  }

  private void shuffle(int epoch) {
    Random random = new Random(StepSeed.of(seed, epoch, 0));
    for (int i = 0; i < order.length; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
  }
}
