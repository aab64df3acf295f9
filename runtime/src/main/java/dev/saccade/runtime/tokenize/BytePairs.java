package dev.saccade.runtime.tokenize;

import java.util.Arrays;

/**
 * Spells one word by byte pair encoding: starts with its bytes, then merges the neighbours whose
 * merge was learnt first, the leftmost of equals, until no neighbours merge.
 *
 * <p>The tokens are a linked list and the merges wait in a heap, so a word of n bytes takes O(n log
 * n) steps, however long it is. An entry of the heap may be outdated when its turn comes; its rank
 * then differs from that of the pair at its place.
 */
final class BytePairs {

  private static final int END = -1;

  private final int[] byteIds;
  private final int unknownId;
  private final boolean fuseUnknown;
  private final MergeTable merges;

  /**
   * Joins the parts.
   *
   * @param byteIds the token of each byte, or {@link Vocabulary#NONE}
   * @param unknownId stands for a byte without a token; {@link Vocabulary#NONE} drops it
   * @param fuseUnknown one unknown token for several unknown bytes in a row
   */
  BytePairs(int[] byteIds, int unknownId, boolean fuseUnknown, MergeTable merges) {
    this.byteIds = byteIds.clone();
    this.unknownId = unknownId;
    this.fuseUnknown = fuseUnknown;
    this.merges = merges;
  }

  int[] spell(byte[] word) {
    int[] ids = new int[word.length];
    int count = bytes(word, ids);
    return count < 2 ? Arrays.copyOf(ids, count) : merged(ids, count);
  }

  private int bytes(byte[] word, int[] ids) {
    int count = 0;
    boolean afterUnknown = false;
    for (byte value : word) {
      int id = byteIds[Byte.toUnsignedInt(value)];
      boolean unknown = id == Vocabulary.NONE;
      if (!unknown) {
        ids[count++] = id;
      } else if (unknownId != Vocabulary.NONE && !(fuseUnknown && afterUnknown)) {
        ids[count++] = unknownId;
      }
      afterUnknown = unknown;
    }
    return count;
  }

  private int[] merged(int[] ids, int count) {
    int[] previous = new int[count];
    int[] next = new int[count];
    MergeQueue queue = new MergeQueue(count);
    for (int i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < count ? i + 1 : END;
    }
    for (int i = 0; i < count; i++) {
      offer(ids, i, next[i], queue);
    }
    int remaining = count;
    while (!queue.isEmpty()) {
      long entry = queue.remove();
      int left = MergeQueue.position(entry);
      int right = ids[left] == Vocabulary.NONE ? END : next[left];
      if (right == END || merges.rank(ids[left], ids[right]) != MergeQueue.rank(entry)) {
        continue;
      }
      ids[left] = merges.result(MergeQueue.rank(entry));
      ids[right] = Vocabulary.NONE;
      next[left] = next[right];
      if (next[right] != END) {
        previous[next[right]] = left;
      }
      remaining--;
      if (previous[left] != END) {
        offer(ids, previous[left], left, queue);
      }
      offer(ids, left, next[left], queue);
    }
    int[] spelled = new int[remaining];
    for (int i = 0, at = 0; i != END; i = next[i]) {
      spelled[at++] = ids[i];
    }
    return spelled;
  }

  private void offer(int[] ids, int left, int right, MergeQueue queue) {
    if (right != END) {
      int rank = merges.rank(ids[left], ids[right]);
      if (rank != MergeTable.NONE) {
        queue.add(rank, left);
      }
    }
  }
}
