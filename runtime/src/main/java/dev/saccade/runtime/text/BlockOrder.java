package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import java.util.Random;

/**
 * In which order blocks are trained on: all of them once an epoch, shuffled anew for each. A pure
 * function of its components, so that training resumes where it stopped from {@link Position}
 * alone.
 *
 * @param blocks how many there are
 * @param seed another seed, another order
 */
public record BlockOrder(int blocks, long seed) {

  /** The fractional part of the golden ratio: keeps the seeds of epochs far apart. */
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  /**
   * A place in the order.
   *
   * @param epoch which round, from 0
   * @param index which block of the round, from 0
   */
  public record Position(long epoch, int index) {

    /** Where training begins. */
    public static final Position START = new Position(0, 0);

    public Position {
      if (epoch < 0 || index < 0) {
        throw new SaccadeException(
            "a position must have an epoch and an index from 0, not %d and %d"
                .formatted(epoch, index));
      }
    }
  }

  public BlockOrder {
    if (blocks < 1) {
      throw new SaccadeException("there must be a block to train on, but there are " + blocks);
    }
  }

  /** Returns the blocks of one epoch in their order, as a new array. */
  public int[] epoch(long epoch) {
    int[] order = new int[blocks];
    // The algorithm of Random is part of its specification, on every Java.
    Random random = new Random(mixed(seed + GOLDEN * (epoch + 1)));
    for (int i = 0; i < blocks; i++) {
      int other = random.nextInt(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  /** Returns a walk through the order from a position on. */
  public Walk from(Position position) {
    if (position.index() > blocks) {
      throw new SaccadeException(
          "the position must be within the %d blocks of an epoch, but is %d"
              .formatted(blocks, position.index()));
    }
    return new Walk(position);
  }

  /** The finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mixed(long value) {
    long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  /** Goes through the order without end. For one thread. */
  public final class Walk {

    private long epoch;
    private int index;
    private int[] order;

    private Walk(Position position) {
      epoch = position.epoch();
      index = position.index();
      order = epoch(epoch);
    }

    /** Returns the next block. */
    public int next() {
      if (index == blocks) {
        index = 0;
        order = epoch(++epoch);
      }
      return order[index++];
    }

    /** Returns where the next block is: what a checkpoint has to keep. */
    public Position position() {
      return index == blocks ? new Position(epoch + 1, 0) : new Position(epoch, index);
    }
  }
}
