package dev.saccade.runtime.tokenize;

import java.text.Normalizer;

/**
 * Makes spellings alike before text is cut into words.
 *
 * @param cleanText drop control characters and make every white space a plain one
 * @param separateIdeographs put spaces around Han ideographs
 * @param stripAccents drop combining accents after canonical decomposition
 * @param lowercase map to lower case, one character at a time
 */
record BertNormalizer(
    boolean cleanText, boolean separateIdeographs, boolean stripAccents, boolean lowercase)
    implements TextNormalizer {

  @Override
  public String normalize(String text) {
    String normalized = cleanText || separateIdeographs ? clean(text) : text;
    if (stripAccents) {
      normalized = withoutAccents(normalized);
    }
    return lowercase ? Characters.inLowerCase(normalized) : normalized;
  }

  private String clean(String text) {
    StringBuilder cleaned = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (cleanText && Characters.isDropped(c)) {
                return;
              }
              if (separateIdeographs && Characters.isIdeograph(c)) {
                cleaned.append(' ').appendCodePoint(c).append(' ');
              } else {
                cleaned.appendCodePoint(cleanText && Characters.isWhitespace(c) ? ' ' : c);
              }
            });
    return cleaned.toString();
  }

  private static String withoutAccents(String text) {
    if (text.chars().allMatch(c -> c < 0x80)) {
      return text;
    }
    StringBuilder stripped = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFD)
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(stripped::appendCodePoint);
    return stripped.toString();
  }
}
