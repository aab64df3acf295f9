package dev.saccade.runtime.tokenize;

import java.util.BitSet;
import java.util.List;

/** Special tokens that go before and after every text. */
record Frame(List<Integer> before, List<Integer> after) {

  static final Frame NONE = new Frame(List.of(), List.of());

  Frame {
    before = List.copyOf(before);
    after = List.copyOf(after);
  }

  int size() {
    return before.size() + after.size();
  }

  /** Puts the frame around the first {@code kept} ids of a text. */
  TokenSequence around(int[] text, int kept, Vocabulary vocabulary) {
    int[] ids = new int[size() + kept];
    int end = before.size() + kept;
    for (int i = 0; i < before.size(); i++) {
      ids[i] = before.get(i);
    }
    System.arraycopy(text, 0, ids, before.size(), kept);
    for (int i = end; i < ids.length; i++) {
      ids[i] = after.get(i - end);
    }
    BitSet special = new BitSet(ids.length);
    special.set(0, before.size());
    special.set(end, ids.length);
    return new TokenSequence(ids, vocabulary, special);
  }
}
