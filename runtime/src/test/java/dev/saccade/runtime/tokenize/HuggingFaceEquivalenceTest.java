package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.text.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares with Hugging Face's own tokenizer, token by token, on what is easy to get wrong. */
class HuggingFaceEquivalenceTest {

  @TempDir Path directory;

  private interface Comparison extends AutoCloseable {
    void sameTokens(String text);

    @Override
    void close();
  }

  /**
   * Opens both on MiniLM's file after a change to it; its truncation and padding are ours to do.
   */
  private Comparison compare(Consumer<ObjectNode> change) throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(MinilmTokenizer.json());
    change.accept(json);
    Tokenizer ours = MinilmTokenizer.tokenizer(json.toString());
    json.putNull("truncation");
    json.putNull("padding");
    Path file = Files.writeString(directory.resolve("tokenizer.json"), json.toString());
    HuggingFaceTokenizer theirs = HuggingFaceTokenizer.newInstance(file);
    return new Comparison() {
      @Override
      public void sameTokens(String text) {
        Encoding expected = theirs.encode(text);
        TokenSequence actual = ours.encode(text);

        String quoted = text.length() <= 300 ? text : text.substring(0, 300) + "…";
        assertThat(actual.tokens()).as(quoted).containsExactly(expected.getTokens());
        assertThat(actual.ids())
            .as(quoted)
            .isEqualTo(Arrays.stream(expected.getIds()).mapToInt(Math::toIntExact).toArray());
        assertThat(IntStream.range(0, actual.length()).mapToLong(i -> actual.isSpecial(i) ? 1 : 0))
            .as(quoted)
            .containsExactlyElementsOf(
                Arrays.stream(expected.getSpecialTokenMask()).boxed().toList());
        assertThat(ours.decode(actual.ids()))
            .as(quoted)
            .isEqualTo(theirs.decode(expected.getIds(), true));
      }

      @Override
      public void close() {
        theirs.close();
      }
    };
  }

  private static void nothing(ObjectNode json) {}

  @Test
  void equal_on_three_hundred_thousand_words_of_english() throws Exception {
    List<Document> documents = new ArrayList<>(Corpus.stateOfTheUnion().documents(Split.TEST));
    documents.addAll(Corpus.stateOfTheUnion().documents(Split.VALIDATION));
    documents.addAll(Corpus.stateOfTheUnion().documents(Split.TRAIN).subList(170, 200));
    assertThat(documents.stream().mapToInt(Document::words).sum()).isGreaterThan(300_000);

    try (Comparison comparison = compare(HuggingFaceEquivalenceTest::nothing)) {
      documents.forEach(document -> comparison.sameTokens(document.text()));
    }
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
  void equal_on_nasty_text(String text) throws Exception {
    try (Comparison comparison = compare(HuggingFaceEquivalenceTest::nothing)) {
      comparison.sameTokens(text);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 99, 100, 101, 200, 5000})
  void equal_on_words_of_any_length(int length) throws Exception {
    try (Comparison comparison = compare(HuggingFaceEquivalenceTest::nothing)) {
      comparison.sameTokens("before " + "a".repeat(length) + " after");
      comparison.sameTokens("𝐚".repeat(length));
      comparison.sameTokens("é".repeat(length) + "!".repeat(length));
    }
  }

  @Test
  void equal_on_random_characters() throws Exception {
    Random random = new Random(11);
    try (Comparison comparison = compare(HuggingFaceEquivalenceTest::nothing)) {
      for (int i = 0; i < 500; i++) {
        StringBuilder text = new StringBuilder();
        random
            .ints(200, 0, 0x3000)
            .filter(Character::isDefined)
            .forEach(c -> text.appendCodePoint(c).append(random.nextInt(5) == 0 ? " a" : ""));
        comparison.sameTokens(text.toString());
      }
    }
  }

  @Test
  void probe() throws Exception {
    ObjectNode json = (ObjectNode) new JsonMapper().readTree(MinilmTokenizer.json());
    Tokenizer ours = MinilmTokenizer.tokenizer(json.toString());
    json.putNull("truncation");
    json.putNull("padding");
    Path file = Files.writeString(directory.resolve("tokenizer.json"), json.toString());
    HuggingFaceTokenizer theirs = HuggingFaceTokenizer.newInstance(file);
    StringBuilder bad = new StringBuilder();
    int n = 0;
    for (int c = 0; c <= 0x10FFFF; c++) {
      if (c >= 0xD800 && c < 0xE000) {
        continue;
      }
      String t = "a" + Character.toString(c) + "b";
      if (!ours.encode(t).tokens().equals(Arrays.asList(theirs.encode(t).getTokens()))) {
        n++;
        if (n < 3000)
          bad.append(
              "%X type %d ours %s theirs %s%n"
                  .formatted(
                      c,
                      Character.getType(c),
                      ours.encode(t),
                      Arrays.toString(theirs.encode(t).getTokens())));
      }
    }
    Files.writeString(Path.of("/tmp/model-data/bad.txt"), bad + "" + n);
  }

  @ParameterizedTest
  @ValueSource(strings = {"lowercase", "strip_accents", "clean_text", "handle_chinese_chars"})
  void equal_with_an_option_of_the_normalizer_turned_off(String option) throws Exception {
    try (Comparison comparison =
        compare(json -> ((ObjectNode) json.get("normalizer")).put(option, false))) {
      comparison.sameTokens("ÉCOLE école İ ΟΔΟΣ Straße 東京 a\u0001b c\u00A0d\u000Be [MASK]");
    }
  }

  @Test
  void equal_when_added_tokens_take_spaces_or_want_to_be_words() throws Exception {
    try (Comparison comparison =
        compare(
            json -> {
              ArrayNode added = (ArrayNode) json.get("added_tokens");
              add(added, "<left>", "lstrip");
              add(added, "<right>", "rstrip");
              add(added, "<left><right>", "none");
              add(added, "word", "single_word");
              add(added, "Été", "normalized");
            })) {
      comparison.sameTokens("a <left> b <right>  c  <left><right> d<right> <left>e");
      comparison.sameTokens("word sword words word_ word-word (word) wordé word");
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
