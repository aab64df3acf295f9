package dev.saccade.plugins.baselines;

/**
 * All positions, sorted by bucket in every round and cut into chunks of equal size, as published.
 *
 * <p>Rounds stand one behind the other, so that the first chunk of a round follows the last chunk
 * of the round before, and that of the first round the last of all.
 */
final class LshWholeOrder implements LshNeighbours {

  /**
   * Added to the count of repeats. A position that only the border of two rounds gives is counted
   * zero times, as published, and so weighs 1e9 times its due.
   */
  private static final double UNCOUNTED = 1e-9;

  private final LshSettings settings;
  private final LshBuckets buckets;
  private final int length;
  private final int[] placeOf;
  private final int[] positionAt;

  LshWholeOrder(LshSettings settings, LshBuckets buckets) {
    this.settings = settings;
    this.buckets = buckets;
    this.length = buckets.length();
    this.placeOf = new int[settings.hashes() * length];
    this.positionAt = new int[placeOf.length];
    for (int round = 0; round < settings.hashes(); round++) {
      sort(round);
    }
  }

  /** Counts, then places; positions of one bucket stay in order. */
  private void sort(int round) {
    int[] next = new int[buckets.perRound() + 1];
    for (int t = 0; t < length; t++) {
      next[buckets.bucket(round, t) + 1]++;
    }
    for (int bucket = 0; bucket < buckets.perRound(); bucket++) {
      next[bucket + 1] += next[bucket];
    }
    for (int t = 0; t < length; t++) {
      int place = round * length + next[buckets.bucket(round, t)]++;
      placeOf[round * length + t] = place;
      positionAt[place] = t;
    }
  }

  @Override
  public int find(int query, int[] found) {
    int count = 0;
    for (int round = 0; round < settings.hashes(); round++) {
      int chunk = chunk(round, query);
      for (int looked : new int[] {chunk, chunkBefore(chunk)}) {
        int first = looked * settings.bucketSize();
        for (int place = first; place < first + settings.bucketSize(); place++) {
          if (!settings.withinBuckets() || sharesBucket(round, query, place)) {
            found[count++] = positionAt[place];
          }
        }
      }
    }
    return count;
  }

  private boolean sharesBucket(int round, int query, int place) {
    return place / length == round
        && buckets.bucket(round, positionAt[place]) == buckets.bucket(round, query);
  }

  @Override
  public double times(int query, int position) {
    int times = 0;
    for (int round = 0; round < settings.hashes(); round++) {
      if (settings.withinBuckets()
          && buckets.bucket(round, query) != buckets.bucket(round, position)) {
        continue;
      }
      int chunk = chunk(round, query);
      int other = chunk(round, position);
      times += (other == chunk ? 1 : 0) + (other == chunkBefore(chunk) ? 1 : 0);
    }
    return times + UNCOUNTED;
  }

  /** The chunk in which a position stands in one round, counted over all rounds. */
  private int chunk(int round, int position) {
    return placeOf[round * length + position] / settings.bucketSize();
  }

  private int chunkBefore(int chunk) {
    return chunk == 0 ? positionAt.length / settings.bucketSize() - 1 : chunk - 1;
  }
}
