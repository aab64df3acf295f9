package dev.saccade.plugins.baselines;

import java.util.Arrays;

/**
 * For every query the positions up to it, sorted by bucket in every round and cut into chunks of
 * equal size.
 *
 * <p>In an order of all positions, later ones shift where chunks begin, and so decide which earlier
 * ones a query finds. Here a position is inserted when its turn comes, so that nothing later can
 * matter. That moves T²/4 integers a round, which costs less than hashing.
 */
final class LshPastOrder implements LshNeighbours {

  private final LshSettings settings;
  private final LshBuckets buckets;

  /** Positions by place, of each round. */
  private final int[][] order;

  /** Where the positions of a bucket end, of each round. */
  private final int[][] ends;

  private final int[] times;

  LshPastOrder(LshSettings settings, LshBuckets buckets) {
    this.settings = settings;
    this.buckets = buckets;
    this.order = new int[settings.hashes()][buckets.length()];
    this.ends = new int[settings.hashes()][buckets.perRound()];
    this.times = new int[buckets.length()];
  }

  @Override
  public int find(int query, int[] found) {
    Arrays.fill(times, 0);
    int count = 0;
    for (int round = 0; round < settings.hashes(); round++) {
      int place = insert(round, query);
      int chunk = place - place % settings.bucketSize();
      int first = Math.max(0, chunk - settings.bucketSize());
      int last = Math.min(query, chunk + settings.bucketSize() - 1);
      for (int looked = first; looked <= last; looked++) {
        int position = order[round][looked];
        if (!settings.withinBuckets()
            || buckets.bucket(round, position) == buckets.bucket(round, query)) {
          found[count++] = position;
          times[position]++;
        }
      }
    }
    return count;
  }

  /**
   * Puts a position at the end of its bucket, where {@code position} others are, and says where.
   */
  private int insert(int round, int position) {
    int bucket = buckets.bucket(round, position);
    int place = ends[round][bucket];
    System.arraycopy(order[round], place, order[round], place + 1, position - place);
    order[round][place] = position;
    for (int later = bucket; later < buckets.perRound(); later++) {
      ends[round][later]++;
    }
    return place;
  }

  @Override
  public double times(int query, int position) {
    return times[position];
  }
}
