package dev.saccade.plugins.baselines;

/**
 * The positions of one head, sorted by bucket in every round of hashing and cut into chunks of
 * equal size. Rounds stand one behind the other, so that chunk 0 of a round follows the last chunk
 * of the round before, and that of the first round the last of all.
 *
 * <p>A bucket holds what points in about the same direction: its number is the axis, of R random
 * ones and their R opposites, that a query is nearest to.
 */
final class LshRounds {

  private final LshSettings settings;
  private final int length;
  private final int[] bucketOf;
  private final int[] placeOf;
  private final int[] positionAt;

  private LshRounds(LshSettings settings, int length) {
    this.settings = settings;
    this.length = settings.paddedLength(length);
    this.bucketOf = new int[settings.hashes() * this.length];
    this.placeOf = new int[bucketOf.length];
    this.positionAt = new int[bucketOf.length];
  }

  /**
   * Hashes and sorts.
   *
   * @param queries {@code [T, D]}; positions behind them, up to the padded length, are in bucket 0
   * @param rotations {@code [D, hashes, R or more]}
   */
  static LshRounds of(LshSettings settings, double[] queries, double[] rotations, int headSize) {
    int queryCount = queries.length / headSize; // T
    LshRounds rounds = new LshRounds(settings, queryCount);
    int rotated = settings.rotations(queryCount); // R
    int drawn = rotations.length / (headSize * settings.hashes());
    double[] projected = new double[rotated];
    for (int round = 0; round < settings.hashes(); round++) {
      int firstBucket = round * settings.buckets(queryCount);
      for (int t = 0; t < rounds.length; t++) {
        int bucket = 0;
        if (t < queryCount) {
          for (int r = 0; r < rotated; r++) {
            double sum = 0;
            for (int d = 0; d < headSize; d++) {
              sum +=
                  queries[t * headSize + d]
                      * rotations[(d * settings.hashes() + round) * drawn + r];
            }
            projected[r] = sum;
          }
          bucket = nearestAxis(projected);
        }
        rounds.bucketOf[round * rounds.length + t] = firstBucket + bucket;
      }
      rounds.sort(round, firstBucket, settings.buckets(queryCount));
    }
    return rounds;
  }

  /** The number of the greatest of x and −x, the first of equals. */
  private static int nearestAxis(double[] x) {
    int nearest = 0;
    for (int i = 1; i < 2 * x.length; i++) {
      if (signed(x, i) > signed(x, nearest)) {
        nearest = i;
      }
    }
    return nearest;
  }

  private static double signed(double[] x, int axis) {
    return axis < x.length ? x[axis] : -x[axis - x.length];
  }

  /** Counts, then places; positions of one bucket stay in order. */
  private void sort(int round, int firstBucket, int buckets) {
    int[] next = new int[buckets + 1];
    for (int t = 0; t < length; t++) {
      next[bucket(round, t) - firstBucket + 1]++;
    }
    for (int bucket = 0; bucket < buckets; bucket++) {
      next[bucket + 1] += next[bucket];
    }
    for (int t = 0; t < length; t++) {
      int place = round * length + next[bucket(round, t) - firstBucket]++;
      placeOf[round * length + t] = place;
      positionAt[place] = t;
    }
  }

  /** The bucket of a position in one round; no two rounds share a bucket's number. */
  int bucket(int round, int position) {
    return bucketOf[round * length + position];
  }

  /** The bucket of whoever stands at a place. */
  int bucketAt(int place) {
    return bucketOf[place / length * length + positionAt[place]];
  }

  int positionAt(int place) {
    return positionAt[place];
  }

  /** The chunk in which a position stands in one round, counted over all rounds. */
  int chunk(int round, int position) {
    return placeOf[round * length + position] / settings.bucketSize();
  }

  int chunkBefore(int chunk) {
    return chunk == 0 ? positionAt.length / settings.bucketSize() - 1 : chunk - 1;
  }

  /** How many times, over all rounds, a query's two chunks hold a key. */
  int repeats(int query, int key) {
    int repeats = 0;
    for (int round = 0; round < settings.hashes(); round++) {
      if (settings.withinBuckets() && bucket(round, query) != bucket(round, key)) {
        continue;
      }
      int chunk = chunk(round, query);
      int keyChunk = chunk(round, key);
      repeats += (keyChunk == chunk ? 1 : 0) + (keyChunk == chunkBefore(chunk) ? 1 : 0);
    }
    return repeats;
  }
}
