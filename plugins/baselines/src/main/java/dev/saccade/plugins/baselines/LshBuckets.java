package dev.saccade.plugins.baselines;

/**
 * The bucket of every position of one head in every round of hashing.
 *
 * <p>A bucket holds what points in about the same direction: its number is the axis, of R random
 * ones and their R opposites, that a query is nearest to.
 */
final class LshBuckets {

  private final int length;
  private final int perRound;
  private final int[] bucketOf;

  private LshBuckets(LshSettings settings, int queries) {
    this.length = settings.paddedLength(queries);
    this.perRound = settings.buckets(queries);
    this.bucketOf = new int[settings.hashes() * length];
  }

  /**
   * Hashes.
   *
   * @param queries {@code [T, D]}; positions behind them, up to the padded length, are in bucket 0
   * @param rotations {@code [D, hashes, R or more]}
   */
  static LshBuckets of(LshSettings settings, double[] queries, double[] rotations, int headSize) {
    int queryCount = queries.length / headSize; // T
    LshBuckets buckets = new LshBuckets(settings, queryCount);
    int drawn = rotations.length / (headSize * settings.hashes());
    double[] projected = new double[settings.rotations(queryCount)];
    for (int round = 0; round < settings.hashes(); round++) {
      for (int t = 0; t < queryCount; t++) {
        for (int r = 0; r < projected.length; r++) {
          projected[r] = 0;
          for (int d = 0; d < headSize; d++) {
            projected[r] +=
                queries[t * headSize + d] * rotations[(d * settings.hashes() + round) * drawn + r];
          }
        }
        buckets.bucketOf[round * buckets.length + t] = nearestAxis(projected);
      }
    }
    return buckets;
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

  /** Positions with padding. */
  int length() {
    return length;
  }

  /** How many buckets a round has. */
  int perRound() {
    return perRound;
  }

  /** From 0, in every round. */
  int bucket(int round, int position) {
    return bucketOf[round * length + position];
  }
}
