package dev.saccade.runtime.tokenize;

/**
 * Cuts a stretch of text into words, no character lost, for byte pairs to be merged within each.
 * What lies outside the stretch has no influence.
 */
@FunctionalInterface
interface WordCut {

  /** Takes the words in order. */
  @FunctionalInterface
  interface Words {
    void word(String text, int start, int end);
  }

  /** Leaves the stretch in one piece. */
  WordCut NONE = (text, start, end, words) -> words.word(text, start, end);

  void cut(String text, int start, int end, Words words);

  /** Cuts each word of this cut further. */
  default WordCut then(WordCut finer) {
    return (text, start, end, words) ->
        cut(text, start, end, (t, from, to) -> finer.cut(t, from, to, words));
  }
}
