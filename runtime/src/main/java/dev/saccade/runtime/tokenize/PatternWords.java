package dev.saccade.runtime.tokenize;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Cuts text by a regular expression that a widespread tokenizer uses. Others are not taken: a file
 * could bring one that never ends, and Java's dialect differs from the one that Hugging Face uses.
 */
enum PatternWords implements WordCut {
  LLAMA_3(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
  QWEN_2(
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
          + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  static final String NAMES = "the regular expressions of GPT-2, Llama 3 and Qwen 2";

  private final String expression;
  private final Pattern pattern;

  PatternWords(String expression) {
    this.expression = expression;
    pattern = Pattern.compile(expression, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);
  }

  /** Returns the cut that a regular expression stands for, if it is a known one. */
  static Optional<WordCut> of(String expression) {
    return expression.equals(Gpt2Words.PATTERN)
        ? Optional.of(new Gpt2Words())
        : Stream.of(values())
            .filter(known -> known.expression.equals(expression))
            .map(WordCut.class::cast)
            .findFirst();
  }

  @Override
  public void cut(String text, int start, int end, Words words) {
    Matcher matcher = pattern.matcher(text).region(start, end);
    int done = start;
    while (matcher.find()) {
      if (done < matcher.start()) {
        words.word(text, done, matcher.start());
      }
      words.word(text, matcher.start(), matcher.end());
      done = matcher.end();
    }
    if (done < end) {
      words.word(text, done, end);
    }
  }
}
