package dev.saccade.runtime.tokenize;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Spells text with the tokens of a byte-level vocabulary: cuts it into words, and each word into
 * byte pairs. Words recur, so the spellings of those met first are kept.
 */
final class ByteLevelWords implements Speller {

  /** How a word that is a token of the vocabulary is spelled. */
  enum WholeWords {
    /** By merges, as any other word. */
    MERGED,
    /** As that token, whether merges lead to it or not ({@code ignore_merges}). */
    KEPT
  }

  private static final int WORDS_KEPT = 1 << 16;
  private static final int LONGEST_WORD_KEPT = 64;

  private final Vocabulary vocabulary;
  private final WordCut cut;
  private final boolean prefixSpace;
  private final BytePairs bytePairs;
  private final WholeWords wholeWords;
  private final Map<String, int[]> known = new ConcurrentHashMap<>();

  /**
   * Joins the parts.
   *
   * @param prefixSpace put a space before each stretch of text that does not start with one
   */
  ByteLevelWords(
      Vocabulary vocabulary,
      WordCut cut,
      boolean prefixSpace,
      BytePairs bytePairs,
      WholeWords wholeWords) {
    this.vocabulary = vocabulary;
    this.cut = cut;
    this.prefixSpace = prefixSpace;
    this.bytePairs = bytePairs;
    this.wholeWords = wholeWords;
  }

  @Override
  public void spell(String text, TokenIds ids) {
    String cuttable = prefixSpace && !text.isEmpty() && text.charAt(0) != ' ' ? " " + text : text;
    cut.cut(
        cuttable,
        0,
        cuttable.length(),
        (all, start, end) -> ids.addAll(word(all.substring(start, end))));
  }

  private int[] word(String word) {
    int[] spelled = known.get(word);
    if (spelled == null) {
      spelled = spelled(word);
      if (word.length() <= LONGEST_WORD_KEPT && known.size() < WORDS_KEPT) {
        known.put(word, spelled);
      }
    }
    return spelled;
  }

  private int[] spelled(String word) {
    byte[] bytes = Utf8.of(word);
    if (wholeWords == WholeWords.KEPT) {
      int id = vocabulary.findPiece(ByteAlphabet.write(bytes));
      if (id != Vocabulary.NONE) {
        return new int[] {id};
      }
    }
    return bytePairs.spell(bytes);
  }
}
