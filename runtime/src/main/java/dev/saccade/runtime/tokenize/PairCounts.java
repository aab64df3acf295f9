package dev.saccade.runtime.tokenize;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How often each pair of neighbouring tokens occurs, kept up to date while pairs are merged: a
 * merge visits only the words that hold the pair, so all merges together cost about as much as
 * counting a few times.
 */
final class PairCounts {

  /** Two neighbours and how often they occur. */
  record Pair(int left, int right, long count) {}

  /** The most frequent first; of equals the one with the lower ids. */
  private static final Comparator<Pair> MOST_FIRST =
      Comparator.comparingLong(Pair::count)
          .reversed()
          .thenComparingInt(Pair::left)
          .thenComparingInt(Pair::right);

  /** A different word: its tokens so far, and how often it occurs. */
  private static final class Word {
    private int[] ids;
    private final long count;

    private Word(int[] ids, long count) {
      this.ids = ids;
      this.count = count;
    }
  }

  private static final class Occurrences {
    private long count;

    /** Words that hold the pair, or held it once. */
    private final Set<Word> words = new HashSet<>();
  }

  private final Map<Long, Occurrences> pairs = new HashMap<>();

  /** Every count that a pair has had since it was last looked at; outdated ones are skipped. */
  private final PriorityQueue<Pair> queue = new PriorityQueue<>(MOST_FIRST);

  /** Counts a word that occurs so many times. */
  void add(int[] ids, long count) {
    Word word = new Word(ids, count);
    for (int i = 0; i + 1 < ids.length; i++) {
      change(key(ids[i], ids[i + 1]), count, word);
    }
  }

  /** Returns the pair to merge next, or null when no word has two tokens. */
  @Nullable Pair most() {
    if (queue.isEmpty()) {
      pairs.forEach((pair, occurrences) -> offer(pair, occurrences));
    }
    while (!queue.isEmpty()) {
      Pair most = queue.remove();
      Occurrences now = pairs.get(key(most.left(), most.right()));
      if (now != null && now.count == most.count()) {
        return most;
      }
    }
    return null;
  }

  /** Leaves a pair out from now on. */
  void forget(Pair pair) {
    pairs.remove(key(pair.left(), pair.right()));
  }

  /** Replaces the pair by a token, wherever it occurs, from left to right. */
  void merge(Pair pair, int id) {
    Occurrences merged = pairs.remove(key(pair.left(), pair.right()));
    if (merged == null) {
      return;
    }
    Set<Long> changed = new HashSet<>();
    merged.words.forEach(word -> merge(word, pair, id, changed));
    // Within runs of one token the pair overlaps itself, and was counted down once more.
    pairs.remove(key(pair.left(), pair.right()));
    for (Long each : changed) {
      Occurrences occurrences = pairs.get(each);
      if (occurrences != null && occurrences.count == 0) {
        pairs.remove(each);
      } else if (occurrences != null) {
        offer(each, occurrences);
      }
    }
  }

  /** Recounts only the neighbours of what is merged. */
  private void merge(Word word, Pair pair, int id, Set<Long> changed) {
    int[] before = word.ids;
    int[] after = new int[before.length];
    int size = 0;
    for (int i = 0; i < before.length; ) {
      if (i + 1 == before.length || before[i] != pair.left() || before[i + 1] != pair.right()) {
        after[size++] = before[i++];
        continue;
      }
      if (size > 0) {
        replace(key(after[size - 1], pair.left()), key(after[size - 1], id), word, changed);
      }
      after[size++] = id;
      i += 2;
      if (i < before.length) {
        replace(key(pair.right(), before[i]), key(id, before[i]), word, changed);
      }
    }
    word.ids = Arrays.copyOf(after, size);
  }

  private void replace(Long old, Long made, Word word, Set<Long> changed) {
    change(old, -word.count, word);
    change(made, word.count, word);
    changed.add(old);
    changed.add(made);
  }

  private void change(Long pair, long by, Word word) {
    Occurrences occurrences = pairs.computeIfAbsent(pair, first -> new Occurrences());
    occurrences.count += by;
    if (by > 0) {
      occurrences.words.add(word);
    }
  }

  private void offer(Long pair, Occurrences occurrences) {
    queue.add(new Pair((int) (pair >>> 32), (int) (long) pair, occurrences.count));
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }
}
