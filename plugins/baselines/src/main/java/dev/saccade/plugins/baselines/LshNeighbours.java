package dev.saccade.plugins.baselines;

/**
 * Whom each query of one head may look at, by hashing alone. Not safe for use by several threads.
 */
interface LshNeighbours {

  /**
   * Fills in the positions that a query finds, itself among them, once for every round in which it
   * finds them. To be called for 0, 1, 2, … in order.
   *
   * @param found room for two chunks a round
   * @return how many there are
   */
  int find(int query, int[] found);

  /** How many times a query, the last that {@link #find} was called for, finds a position. */
  double times(int query, int position);

  static LshNeighbours of(LshSettings settings, LshBuckets buckets) {
    return settings.causal() && !settings.peekingOrder()
        ? new LshPastOrder(settings, buckets)
        : new LshWholeOrder(settings, buckets);
  }
}
