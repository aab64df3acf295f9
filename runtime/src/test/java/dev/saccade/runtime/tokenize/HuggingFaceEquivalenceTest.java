package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.text.Corpus;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares with Hugging Face's own tokenizer, token by token, on what is easy to get wrong. */
class HuggingFaceEquivalenceTest {

  private static HuggingFaceComparison minilm;

  @BeforeAll
  static void open() {
    minilm = compare(json -> {});
  }

  @AfterAll
  static void close() {
    minilm.close();
  }

  private static HuggingFaceComparison compare(Consumer<ObjectNode> change) {
    return HuggingFaceComparison.of(MinilmTokenizer.json(), change);
  }

  @Test
  void equal_on_the_whole_embedded_corpus() {
    Corpus.stateOfTheUnion().documents().forEach(document -> minilm.sameTokens(document.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "\t\r\n",
        "🙂 👩‍👩‍👧 🇫🇷 thumbs👍🏽up",
        "東京タワーは高い。한국어 텍스트 中文字",
        "𠀀𪜀𫝀 豈 㐀",
        "e\u0301le\u0300ve cafe\u0301 ÅNGSTRÖM \u212B Ǆ ﬁ",
        "İstanbul ISPARTA ΣΊΣΥΦΟΣ ΟΔΟΣ ẞ ß",
        "a\u0000b\u0007c\u200Bd\uFEFFe\u00ADf\u0085g\u000Bh\u000Ci\uFFFDj",
        "no\u00A0break\u202Fthin\u2009em\u2003ogham\u1680line\u2028para\u2029ideo\u3000end",
        "don't rock-n'roll $5.00 50% C++ #1 a_b x^y `z` ~q~ “quoted” ‘single’ — …",
        "हिन्दी العَرَبِيَّة עִבְרִית ไทย Tiếng Việt",
        "[CLS] spelled [SEP] in [MASK] the [PAD] text [UNK]",
        "x[SEP]y [sep] [SEP [[SEP]] [SEP][SEP]",
        "##ing ## #",
        "do not, I 'm n't we 've they 're it 's ' x ' . ? !",
      })
  void equal_on_nasty_text(String text) {
    minilm.sameTokens(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 100, 101, 200, 5000})
  void equal_on_words_of_any_length(int length) {
    minilm.sameTokens("before " + "a".repeat(length) + " after");
    minilm.sameTokens("𝐚".repeat(length));
    minilm.sameTokens("é".repeat(length) + "!".repeat(length));
  }

  @Test
  void equal_on_random_characters() {
    Random random = new Random(11);
    for (int i = 0; i < 500; i++) {
      StringBuilder text = new StringBuilder();
      random
          .ints(300, 0, 0x3000)
          .filter(HuggingFaceEquivalenceTest::isOfAnOldBlock)
          .forEach(c -> text.appendCodePoint(c).append(random.nextInt(5) == 0 ? " a" : ""));
      minilm.sameTokens(text.toString());
    }
  }

  /**
   * The planes after the third are empty but for tags and private use. Both sides know Unicode by
   * tables of their own; characters that joined Unicode after Hugging Face's table was made may be
   * told apart as punctuation or accents here and not there.
   */
  @Test
  void equal_on_every_character_but_a_few_recent_ones() {
    List<String> differing = new ArrayList<>();
    for (int block = 0; block < 0x30000; block += 0x40) {
      List<String> characters =
          IntStream.range(block, block + 0x40)
              .filter(c -> c < 0xD800 || c > 0xDFFF)
              .mapToObj(Character::toString)
              .toList();
      // Most blocks agree as a whole, which is much faster to find out.
      if (!minilm.areEqual(inWords(characters))) {
        characters.stream()
            .filter(c -> !minilm.areEqual(inWords(List.of(c))))
            .forEach(differing::add);
      }
    }

    assertThat(differing).hasSizeLessThan(1000);
    assertThat(differing).noneMatch(c -> isOfAnOldBlock(c.codePointAt(0)));
  }

  private static String inWords(List<String> characters) {
    return characters.stream().map(c -> "a" + c + "b").collect(Collectors.joining(" "));
  }

  /** Arabic end of text mark: unassigned to Java 17, punctuation to Java 25. */
  private static final int JOINED_IN_UNICODE_14 = 0x61D;

  /** Latin to Arabic, symbols and punctuation, East Asian, emoji. */
  static boolean isOfAnOldBlock(int c) {
    return (c < 0x7C0 && c != JOINED_IN_UNICODE_14)
        || (c >= 0x1E00 && c < 0x2E00)
        || (c >= 0x2E80 && c < 0xA000)
        || (c >= 0xAC00 && c < 0x10000)
        || (c >= 0x1F000 && c < 0x2FFFF);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lowercase", "strip_accents", "clean_text", "handle_chinese_chars"})
  void equal_with_an_option_of_the_normalizer_turned_off(String option) {
    try (HuggingFaceComparison comparison =
        compare(json -> ((ObjectNode) json.get("normalizer")).put(option, false))) {
      comparison.sameTokens("ÉCOLE école İ ΟΔΟΣ Straße 東京 a\u0001b c\u00A0d\u000Be [MASK]");
    }
  }

  @Test
  void equal_when_added_tokens_take_spaces_or_want_to_be_words() {
    try (HuggingFaceComparison comparison =
        compare(
            json -> {
              ArrayNode added = (ArrayNode) json.get("added_tokens");
              add(added, "<left>", "lstrip");
              add(added, "<right>", "rstrip");
              add(added, "<left><right>", "none");
              add(added, "fovea", "single_word");
              add(added, "Été", "normalized");
            })) {
      comparison.sameTokens("a <left> b <right>  c  <left><right> d<right> <left>e");
      comparison.sameTokens("fovea afovea foveas fovea_ fovea-fovea (fovea) foveaé fovea");
      comparison.sameTokens("Été ete ÉTÉ étés un été.");
    }
  }

  private static void add(ArrayNode added, String content, String flag) {
    ObjectNode token = added.addObject();
    token.put("id", 30522 + added.size() - 6);
    token.put("content", content);
    for (String name : new String[] {"single_word", "lstrip", "rstrip", "normalized", "special"}) {
      token.put(name, name.equals(flag));
    }
  }
}
