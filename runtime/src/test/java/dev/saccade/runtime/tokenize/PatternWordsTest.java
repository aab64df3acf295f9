package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PatternWordsTest {

  static String expression(String owner) {
    return switch (owner) {
      case "GPT_2" -> Gpt2Words.PATTERN;
      case "LLAMA_3" ->
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
      case "QWEN_2" ->
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
      default -> throw new IllegalArgumentException(owner);
    };
  }

  @Test
  void cutting_by_hand_equals_the_regular_expression() {
    Pattern pattern = Pattern.compile(Gpt2Words.PATTERN, Pattern.UNICODE_CHARACTER_CLASS);
    Random random = new Random(23);
    String letters = "''strevmld  \n\t\u00A0\u3000aé1½.-\uD83D\uDE42\uD835\uDC1A";
    for (int i = 0; i < 20_000; i++) {
      String text =
          random
              .ints(random.nextInt(12), 0, letters.length())
              .mapToObj(at -> letters.substring(at, at + 1))
              .collect(Collectors.joining());
      List<String> expected = new ArrayList<>();
      for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
        expected.add(matcher.group());
      }

      assertThat(words(new Gpt2Words(), text)).as(text).isEqualTo(expected);
    }
  }

  @Test
  void a_cut_sees_nothing_outside_its_stretch() {
    List<String> words = new ArrayList<>();

    new Gpt2Words()
        .cut("ab  cd", 1, 4, (text, start, end) -> words.add(text.substring(start, end)));

    assertThat(words).containsExactly("b", "  ");
  }

  @Test
  void an_unknown_expression_is_not_taken() {
    assertThat(PatternWords.of("(a+)+$")).isEmpty();
  }

  static List<String> words(WordCut cut, String text) {
    List<String> words = new ArrayList<>();
    cut.cut(text, 0, text.length(), (all, start, end) -> words.add(all.substring(start, end)));
    return words;
  }
}
