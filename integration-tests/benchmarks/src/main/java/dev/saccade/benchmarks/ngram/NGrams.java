package dev.saccade.benchmarks.ngram;

import java.util.Arrays;

/**
 * All n-grams of one length that a text has, numbered as they come, with a count each. An n-gram is
 * the number of the (n − 1)-gram before its last token, and that token: so the tables of all
 * lengths together are a trie. Open addressing with linear probing, for some millions.
 */
final class NGrams {

  /** There is no such n-gram. */
  static final int NONE = -1;

  private static final int LEAST_SLOTS = 1 << 10;

  /** Of a hash, the upper bits are the good ones (Knuth, volume 3, 6.4: 2⁶⁴/φ). */
  private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

  private long[] keys = new long[LEAST_SLOTS / 2];
  private int[] counts = new int[LEAST_SLOTS / 2];

  /** Numbers of n-grams, or {@link #NONE}; at least twice as many as there are n-grams. */
  private int[] slots = filled(LEAST_SLOTS);

  private int size;

  /** How many there are; they are numbered from 0. */
  int size() {
    return size;
  }

  /** Returns the number of an n-gram, or {@link #NONE}. */
  int find(int context, int token) {
    return slots[slot(key(context, token))];
  }

  /** Returns the number of an n-gram, a new one with count 0 if there was none. */
  int add(int context, int token) {
    long key = key(context, token);
    int slot = slot(key);
    if (slots[slot] == NONE) {
      if (size == keys.length) {
        grow();
        slot = slot(key);
      }
      keys[size] = key;
      slots[slot] = size++;
    }
    return slots[slot];
  }

  /** Counts an n-gram once more. */
  void count(int number) {
    counts[number]++;
  }

  int counted(int number) {
    return counts[number];
  }

  /** The number of the (n − 1)-gram before its last token. */
  int context(int number) {
    return (int) (keys[number] >>> Integer.SIZE);
  }

  private static long key(int context, int token) {
    return (long) context << Integer.SIZE | token;
  }

  /** Where a key is, or would be. */
  private int slot(long key) {
    int slot = (int) ((key * GOLDEN) >>> (Long.numberOfLeadingZeros(slots.length) + 1));
    while (slots[slot] != NONE && keys[slots[slot]] != key) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  private void grow() {
    keys = Arrays.copyOf(keys, 2 * keys.length);
    counts = Arrays.copyOf(counts, keys.length);
    slots = filled(2 * keys.length);
    for (int number = 0; number < size; number++) {
      slots[slot(keys[number])] = number;
    }
  }

  private static int[] filled(int length) {
    int[] slots = new int[length];
    Arrays.fill(slots, NONE);
    return slots;
  }
}
