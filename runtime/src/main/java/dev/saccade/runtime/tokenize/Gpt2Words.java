package dev.saccade.runtime.tokenize;

/**
 * Cuts text as GPT-2 does: an English contraction; else letters, digits or symbols, each with at
 * most one space before them; else white space, of which the last character is left to what
 * follows. By hand, and so many times faster than the regular expression that it equals: {@value
 * #PATTERN}.
 */
final class Gpt2Words implements WordCut {

  static final String PATTERN =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final byte SPACE = 0;
  private static final byte LETTER = 1;
  private static final byte NUMBER = 2;
  private static final byte SYMBOL = 3;

  private static final byte[] CLASS_OF_ASCII = new byte[0x80];

  static {
    for (int c = 0; c < CLASS_OF_ASCII.length; c++) {
      CLASS_OF_ASCII[c] = lookUp(c);
    }
  }

  @Override
  public void cut(String text, int start, int end, Words words) {
    for (int i = start; i < end; ) {
      int next = endOfWord(text, i, end);
      words.word(text, i, next);
      i = next;
    }
  }

  private static int endOfWord(String text, int start, int end) {
    char first = text.charAt(start);
    if (first == '\'') {
      int length = contraction(text, start, end);
      if (length > 0) {
        return start + length;
      }
    }
    int run = first == ' ' && start + 1 < end ? start + 1 : start;
    byte kind = classAt(text, run, end);
    if (kind == SPACE) {
      run = start;
    }
    int stop = endOfRun(text, run, end, kind);
    // All characters of white space are one char long.
    return kind == SPACE && stop < end && stop - start > 1 ? stop - 1 : stop;
  }

  private static int endOfRun(String text, int start, int end, byte kind) {
    int i = start;
    while (i < end && classAt(text, i, end) == kind) {
      i += charsAt(text, i, end);
    }
    return i;
  }

  /** Returns the length of 's, 't, 're, 've, 'm, 'll or 'd, or 0. */
  private static int contraction(String text, int start, int end) {
    if (start + 1 >= end) {
      return 0;
    }
    char second = text.charAt(start + 1);
    char third = start + 2 < end ? text.charAt(start + 2) : ' ';
    return switch (second) {
      case 's', 't', 'm', 'd' -> 2;
      case 'r', 'v' -> third == 'e' ? 3 : 0;
      case 'l' -> third == 'l' ? 3 : 0;
      default -> 0;
    };
  }

  private static byte classAt(String text, int i, int end) {
    char c = text.charAt(i);
    if (c < 0x80) {
      return CLASS_OF_ASCII[c];
    }
    return lookUp(charsAt(text, i, end) == 2 ? text.codePointAt(i) : c);
  }

  private static int charsAt(String text, int i, int end) {
    return Character.isHighSurrogate(text.charAt(i))
            && i + 1 < end
            && Character.isLowSurrogate(text.charAt(i + 1))
        ? 2
        : 1;
  }

  private static byte lookUp(int c) {
    return switch (Character.getType(c)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      default -> Characters.isWhitespace(c) ? SPACE : SYMBOL;
    };
  }
}
