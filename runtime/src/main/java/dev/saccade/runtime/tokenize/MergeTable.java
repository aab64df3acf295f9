package dev.saccade.runtime.tokenize;

import java.util.Arrays;

/**
 * Which two neighbouring tokens merge to which, and which merges go first: a hash map from pairs of
 * ids to ranks, without objects.
 */
final class MergeTable {

  static final int NONE = -1;

  private static final long EMPTY = -1;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] results;

  /** Makes room for so many merges. */
  MergeTable(int merges) {
    // At most half full, so that a look-up ends soon.
    int size = Integer.highestOneBit(Math.max(8, merges)) << 2;
    pairs = new long[size];
    ranks = new int[size];
    results = new int[merges];
    Arrays.fill(pairs, EMPTY);
  }

  /** Adds a merge; the later of two for one pair counts, as with Hugging Face. */
  void put(int left, int right, int rank, int result) {
    int slot = slot(pair(left, right));
    pairs[slot] = pair(left, right);
    ranks[slot] = rank;
    results[rank] = result;
  }

  /** Returns the rank at which two tokens merge, the least first, or {@link #NONE}. */
  int rank(int left, int right) {
    int slot = slot(pair(left, right));
    return pairs[slot] == EMPTY ? NONE : ranks[slot];
  }

  /** Returns the token that the merge of this rank makes. */
  int result(int rank) {
    return results[rank];
  }

  /** Returns where the pair is, or else where it would go. */
  private int slot(long pair) {
    long mixed = pair * 0x9E3779B97F4A7C15L;
    int slot = (int) (mixed >>> 32) & (pairs.length - 1);
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = (slot + 1) & (pairs.length - 1);
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }
}
