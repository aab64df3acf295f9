package dev.saccade.runtime.tokenize;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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
  private final @Nullable Pattern anyOf;

  AddedTokens(List<AddedToken> tokens) {
    this(tokens, new BertNormalizer(false, false, false, false));
  }

  /** Looks for the tokens as the normalizer spells them. */
  AddedTokens(List<AddedToken> tokens, BertNormalizer normalizer) {
    for (AddedToken token : tokens) {
      String spelling = normalizer.normalize(token.content());
      if (!spelling.isEmpty()) {
        bySpelling.put(spelling, token);
      }
    }
    // The first alternative that matches wins, hence the longest first.
    anyOf =
        bySpelling.keySet().stream()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(Pattern::quote)
            .reduce((a, b) -> a + "|" + b)
            .map(Pattern::compile)
            .orElse(null);
  }

  /** Hands on the ids of the tokens found and the text between them, in order. */
  void split(String text, IntConsumer token, Consumer<String> between) {
    if (anyOf == null) {
      between.accept(text);
      return;
    }
    int done = 0;
    Matcher matcher = anyOf.matcher(text);
    while (matcher.find()) {
      AddedToken found = bySpelling.get(matcher.group());
      int start = matcher.start();
      int end = matcher.end();
      if (found == null || (found.singleWord() && touchesWord(text, start, end))) {
        continue;
      }
      if (found.leftStrip()) {
        start = Math.max(done, withoutTrailingSpace(text, start));
      }
      if (found.rightStrip()) {
        end = withoutLeadingSpace(text, end);
      }
      if (done < start) {
        between.accept(text.substring(done, start));
      }
      token.accept(found.id());
      done = end;
    }
    if (done < text.length()) {
      between.accept(text.substring(done));
    }
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

  private static int withoutTrailingSpace(String text, int end) {
    while (end > 0 && Characters.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  private static int withoutLeadingSpace(String text, int start) {
    while (start < text.length() && Characters.isWhitespace(text.charAt(start))) {
      start++;
    }
    return start;
  }
}
