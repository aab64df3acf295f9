package dev.saccade.runtime.tokenize;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Tokens that are looked for in the text as they are spelled, before it is cut into words: {@code
 * [SEP]} and what a user added. Of several that start at one place the longest wins.
 */
final class AddedTokens {

  /**
   * One such token.
   *
   * @param singleWord only where no letter or digit touches it
   * @param leftStrip takes the white space before it along
   * @param rightStrip takes the white space after it along
   * @param normalized looked for in the normalized text instead of the raw one
   * @param special not text, and so left out when decoding
   */
  record AddedToken(
      int id,
      String content,
      boolean singleWord,
      boolean leftStrip,
      boolean rightStrip,
      boolean normalized,
      boolean special) {}

  private final Map<String, AddedToken> bySpelling = new HashMap<>();

  /** By first character: the lengths of the spellings that start so, the longest first. */
  private final Map<Character, int[]> lengths = new HashMap<>();

  /** Looks for the tokens as the normalizer spells them. */
  AddedTokens(List<AddedToken> tokens, TextNormalizer normalizer) {
    Map<Character, NavigableSet<Integer>> sorted = new HashMap<>();
    for (AddedToken token : tokens) {
      String spelling = normalizer.normalize(token.content());
      if (!spelling.isEmpty()) {
        bySpelling.put(spelling, token);
        sorted
            .computeIfAbsent(spelling.charAt(0), first -> new TreeSet<>(Comparator.reverseOrder()))
            .add(spelling.length());
      }
    }
    sorted.forEach(
        (first, each) -> lengths.put(first, each.stream().mapToInt(Integer::intValue).toArray()));
  }

  /** Hands on the ids of the tokens found and the text between them, in order. */
  void split(String text, IntConsumer token, Consumer<String> between) {
    int done = 0;
    for (int at = 0; at < text.length(); ) {
      int length = lengthAt(text, at);
      AddedToken found = length == 0 ? null : bySpelling.get(text.substring(at, at + length));
      int start = at;
      int end = at + Math.max(1, length);
      at = end;
      if (found == null || (found.singleWord() && touchesWord(text, start, end))) {
        continue;
      }
      if (found.leftStrip()) {
        start = Characters.startOfWhitespace(text, start);
      }
      start = Math.max(done, start);
      if (found.rightStrip()) {
        end = Characters.endOfWhitespace(text, end);
      }
      if (done < start) {
        between.accept(text.substring(done, start));
      }
      token.accept(found.id());
      done = end;
    }
    if (done < text.length()) {
      between.accept(done == 0 ? text : text.substring(done));
    }
  }

  /** Returns the length of the longest spelling at this place, or 0. */
  private int lengthAt(String text, int at) {
    if (lengths.isEmpty()) {
      return 0;
    }
    int[] candidates = lengths.get(text.charAt(at));
    if (candidates != null) {
      for (int length : candidates) {
        if (at + length <= text.length()
            && bySpelling.containsKey(text.substring(at, at + length))) {
          return length;
        }
      }
    }
    return 0;
  }

  private static boolean touchesWord(String text, int start, int end) {
    return (start > 0 && isWord(text.codePointBefore(start)))
        || (end < text.length() && isWord(text.codePointAt(end)));
  }

  private static boolean isWord(int c) {
    return Character.isAlphabetic(c)
        || switch (Character.getType(c)) {
          case Character.NON_SPACING_MARK,
              Character.ENCLOSING_MARK,
              Character.COMBINING_SPACING_MARK,
              Character.DECIMAL_DIGIT_NUMBER,
              Character.CONNECTOR_PUNCTUATION ->
              true;
          default -> c == 0x200C || c == 0x200D;
        };
  }
}
