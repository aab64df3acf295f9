package dev.saccade.runtime.tokenize;

/** The classes of characters that tokenizers distinguish, as Hugging Face defines them. */
final class Characters {

  private Characters() {}

  /** Unicode's White_Space; {@link Character#isWhitespace} leaves out no-break spaces. */
  static boolean isWhitespace(int c) {
    if (c < 0x80) {
      return c == ' ' || (c >= '\t' && c <= '\r');
    }
    return c == 0x85
        || switch (Character.getType(c)) {
          case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
              true;
          default -> false;
        };
  }

  /** Controls, formats, private use and the replacement character, save tab and line breaks. */
  static boolean isDropped(int c) {
    if (c == '\t' || c == '\n' || c == '\r') {
      return false;
    }
    return c == 0xFFFD
        || switch (Character.getType(c)) {
          case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE ->
              true;
          default -> false;
        };
  }

  /** Every ASCII symbol, such as {@code $}, and Unicode's punctuation. */
  static boolean isPunctuation(int c) {
    if (c < 0x80) {
      return c > ' ' && c < 0x7F && !Character.isLetterOrDigit(c);
    }
    return switch (Character.getType(c)) {
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          true;
      default -> false;
    };
  }

  /**
   * Han ideographs, of which each becomes a word of its own; Kana and Hangul are not among them.
   */
  static boolean isIdeograph(int c) {
    if (c < 0x3400) {
      return false;
    }
    return (c >= 0x4E00 && c <= 0x9FFF)
        || (c <= 0x4DBF)
        || (c >= 0xF900 && c <= 0xFAFF)
        || (c >= 0x20000 && c <= 0x2A6DF)
        || (c >= 0x2A700 && c <= 0x2B73F)
        || (c >= 0x2B740 && c <= 0x2B81F)
        // Extension E starts at 2B820; 2B920 is what every BERT tokenizer has.
        || (c >= 0x2B920 && c <= 0x2CEAF)
        || (c >= 0x2F800 && c <= 0x2FA1F);
  }

  /** Not String.toLowerCase, which looks at neighbours to choose between two forms of sigma. */
  static String inLowerCase(String text) {
    StringBuilder lower = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              lower.appendCodePoint(Character.toLowerCase(c));
              if (c == 'İ') {
                lower.append('\u0307'); // The only letter whose lower case is two characters.
              }
            });
    return lower.toString();
  }

  /** Drops everything that Unicode calls a mark. */
  static String withoutMarks(String text) {
    StringBuilder kept = new StringBuilder(text.length());
    text.codePoints()
        .filter(
            c ->
                switch (Character.getType(c)) {
                  case Character.NON_SPACING_MARK,
                      Character.COMBINING_SPACING_MARK,
                      Character.ENCLOSING_MARK ->
                      false;
                  default -> true;
                })
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }

  /** Returns where the white space that starts here ends. */
  static int endOfWhitespace(String text, int start) {
    int end = start;
    while (end < text.length() && isWhitespace(text.charAt(end))) {
      end++;
    }
    return end;
  }

  /** Returns where the white space that ends here starts. */
  static int startOfWhitespace(String text, int end) {
    int start = end;
    while (start > 0 && isWhitespace(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  /** Puts U+FFFD where there is half a surrogate pair, which is no character. */
  static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return text.codePoints()
            .map(c -> Character.getType(c) == Character.SURROGATE ? 0xFFFD : c)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
    }
    return text;
  }
}
