package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.text.Corpus;
import dev.saccade.runtime.text.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares a byte-level vocabulary that we trained with Hugging Face's reading of its file. */
class ByteLevelEquivalenceTest {

  private static final String EVERYTHING =
      " I'll  don't\n\n\tyou're ... 'S 'll\u00A0x1234 ½ Ⅷ 東京、🙂👩‍👩‍👧 naïve\r\n  e\u0301 \u3000 end  ";

  private static String json;
  private static HuggingFaceComparison trained;

  @BeforeAll
  static void train(@TempDir Path directory) throws Exception {
    BpeTrainer trainer = new BpeTrainer(BpeTrainer.Settings.opt(4099), Progress.NONE);
    Corpus.stateOfTheUnion().documents(Split.TRAIN).forEach(d -> trainer.add(d.text()));
    Path file = directory.resolve("tokenizer.json");
    trainer.train().write(file);
    json = Files.readString(file);
    trained = compare(root -> {});
  }

  @AfterAll
  static void close() {
    trained.close();
  }

  private static HuggingFaceComparison compare(Consumer<ObjectNode> change) {
    return HuggingFaceComparison.of(json, change);
  }

  @Test
  void equal_on_the_whole_embedded_corpus() {
    Corpus.stateOfTheUnion().documents().forEach(document -> trained.sameTokens(document.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "          ",
        "\t\r\n",
        "a  b   c\n\n\nd \n e\t\tf ",
        "I'll don't you're we've I'm he'd it's 'S 'LL x'y ''s '' 'l 'r '",
        "🙂 👩‍👩‍👧 🇫🇷 thumbs👍🏽up",
        "東京タワーは高い。한국어 텍스트 中文字 𠀀𪜀",
        "e\u0301le\u0300ve cafe\u0301 ÅNGSTRÖM \u212B Ǆ ﬁ ß İ",
        "a\u0000b\u0007c\u200Bd\uFEFFe\u00ADf\u0085g\u000Bh\u000Ci\uFFFDj\u001C\u180E",
        "no\u00A0break\u202Fthin\u2009em\u2003ogham\u1680line\u2028para\u2029ideo\u3000end",
        "\u00A0\u00A0x \u00A0y\u00A0 z",
        "1234 ٣٤ ½ Ⅷ ² 四 $5.00 50% C++ #1 a_b x^y",
        "हिन्दी العَرَبِيَّة עִבְרִית ไทย Tiếng Việt",
        "<s>spelled</s> in <pad>the <unk> text <s",
        "Ġ Ċ Ã©",
      })
  void equal_on_nasty_text(String text) {
    trained.sameTokens(text);
  }

  @Test
  void equal_on_random_characters() {
    Random random = new Random(13);
    for (int i = 0; i < 1000; i++) {
      int limit = i % 2 == 0 ? 0x500 : 0x7C0;
      String text =
          random
              .ints(1 + random.nextInt(200), 0, limit)
              .filter(c -> c != 0x61D)
              .mapToObj(c -> Character.toString(c) + (c % 5 == 0 ? " a" : ""))
              .collect(Collectors.joining());
      trained.sameTokens(text);
    }
  }

  /** Characters that joined Unicode later than one side's table are symbols there. */
  @Test
  void equal_on_every_character_but_a_few_recent_ones() {
    List<Integer> differing = new ArrayList<>();
    for (int block = 0; block < 0x30000; block += 0x40) {
      List<String> words =
          IntStream.range(block, block + 0x40)
              .filter(c -> c < 0xD800 || c > 0xDFFF)
              .mapToObj(c -> "a%1$s%1$s9%1$s ".formatted(Character.toString(c)))
              .toList();
      if (!trained.areEqual(String.join("|", words))) {
        words.stream()
            .filter(word -> !trained.areEqual(word))
            .forEach(word -> differing.add(word.codePointAt(1)));
      }
    }

    assertThat(differing).hasSizeLessThan(1000);
    assertThat(differing).noneMatch(HuggingFaceEquivalenceTest::isOfAnOldBlock);
  }

  @Test
  void equal_on_a_million_of_one_letter() {
    trained.sameTokens("e".repeat(1 << 20));
    trained.sameTokens(" ".repeat(100_003));
    trained.sameTokens("ab".repeat(50_021) + "!".repeat(70_001));
  }

  @Test
  void random_ids_decode_to_the_same_text_though_they_are_no_utf_8() {
    Random random = new Random(19);
    for (int i = 0; i < 2000; i++) {
      // The first ids are special tokens and single bytes.
      int limit = i % 2 == 0 ? 260 : trained.ours.vocabularySize();
      trained.sameText(random.ints(1 + random.nextInt(40), 0, limit).toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"})
  void equal_with_a_normalizer(String type) {
    try (HuggingFaceComparison comparison =
        compare(root -> root.putObject("normalizer").put("type", type))) {
      comparison.sameTokens(EVERYTHING + " ÉCOLE İ ΟΔΟΣ ﬁ ² Å \u212B 각 \u1100\u1161 ẞ");
    }
  }

  @Test
  void equal_with_a_sequence_of_normalizers() {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode sequence = root.putObject("normalizer").put("type", "Sequence");
              ArrayNode steps = sequence.putArray("normalizers");
              ObjectNode strip = steps.addObject().put("type", "Strip");
              strip.put("strip_left", true).put("strip_right", true);
              ObjectNode replace = steps.addObject().put("type", "Replace");
              replace.put("content", "--").putObject("pattern").put("String", "…");
              steps.addObject().put("type", "NFKC");
            })) {
      comparison.sameTokens(EVERYTHING + "… ﬁ …");
      comparison.sameTokens(" \u3000\t ");
    }
  }

  @Test
  void equal_with_a_prefix_space_and_added_tokens() {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ((ObjectNode) root.get("pre_tokenizer")).put("add_prefix_space", true);
              ArrayNode added = (ArrayNode) root.get("added_tokens");
              add(added, 4099, "<left>", "lstrip");
              add(added, 4100, "<right>", "rstrip");
              add(added, 4101, "fovea", "single_word");
              add(added, 4102, "Été", "normalized");
              add(added, 4103, "<hidden>", "special");
            })) {
      comparison.sameTokens(EVERYTHING);
      comparison.sameTokens("a <left> b <right>  c<right> <left>e<hidden>f </s>");
      comparison.sameTokens("fovea afovea foveas fovea_ (fovea) foveaé Été étés");
      comparison.sameTokens("");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"LLAMA_3", "QWEN_2", "GPT_2"})
  void equal_when_cut_by_the_regular_expression_of(String owner) {
    String expression = PatternWordsTest.expression(owner);
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode sequence = root.putObject("pre_tokenizer").put("type", "Sequence");
              ArrayNode steps = sequence.putArray("pretokenizers");
              ObjectNode split = steps.addObject().put("type", "Split");
              split.putObject("pattern").put("Regex", expression);
              split.put("behavior", "Isolated").put("invert", false);
              ObjectNode bytes = steps.addObject().put("type", "ByteLevel");
              bytes.put("add_prefix_space", false).put("trim_offsets", true);
              bytes.put("use_regex", false);
            })) {
      comparison.sameTokens(EVERYTHING);
      comparison.sameTokens("It'S 12345678 \r\n\r\n  (x)\n\n y'ſ _z_\n");
      comparison.sameTokens(Corpus.stateOfTheUnion().documents().get(200).text());
    }
  }

  @Test
  void equal_with_merges_as_pairs_and_whole_words_kept() {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode model = (ObjectNode) root.get("model");
              ArrayNode merges = model.arrayNode();
              for (var merge : model.get("merges")) {
                String[] pair = merge.textValue().split(" ", -1);
                merges.addArray().add(pair[0]).add(pair[1]);
              }
              model.set("merges", merges);
              model.put("ignore_merges", true);
              ((ObjectNode) model.get("vocab")).put("Ġsaccadic", 4099);
            })) {
      comparison.sameTokens("the saccadic eye saccadic" + EVERYTHING);
      assertThat(comparison.ours.encode("the saccadic").tokens()).contains("Ġsaccadic");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void equal_when_bytes_are_missing_from_the_vocabulary(boolean fused) {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode model = (ObjectNode) root.get("model");
              model.put("unk_token", "<unk>").put("fuse_unk", fused);
              rename(model, "Ń", "never 1");
              rename(model, "¬", "never 2");
            })) {
      comparison.sameTokens("a\u00ADb\u00AD\u00ADc \u00AC\u00AC\u00AC x");
    }
  }

  @Test
  void equal_with_the_frame_of_roberta() {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode frame = root.putObject("post_processor");
              frame.put("type", "RobertaProcessing").put("trim_offsets", true);
              frame.put("add_prefix_space", false);
              frame.putArray("sep").add("</s>").add(2);
              frame.putArray("cls").add("<s>").add(0);
            })) {
      comparison.sameTokens(EVERYTHING);
    }
  }

  @Test
  void equal_with_a_sequence_of_post_processors() {
    try (HuggingFaceComparison comparison =
        compare(
            root -> {
              ObjectNode template = (ObjectNode) root.get("post_processor");
              ObjectNode sequence = root.putObject("post_processor").put("type", "Sequence");
              ArrayNode steps = sequence.putArray("processors");
              steps.addObject().put("type", "ByteLevel").put("trim_offsets", false);
              ((ObjectNode) steps.get(0)).put("add_prefix_space", true).put("use_regex", true);
              steps.add(template);
            })) {
      comparison.sameTokens(EVERYTHING);
    }
  }

  /** Takes a byte's token away and keeps ids without a gap. */
  private static void rename(ObjectNode model, String token, String other) {
    ObjectNode vocabulary = (ObjectNode) model.get("vocab");
    vocabulary.set(other, vocabulary.remove(token));
    ArrayNode merges = (ArrayNode) model.get("merges");
    for (int i = merges.size() - 1; i >= 0; i--) {
      if (merges.get(i).textValue().contains(token)) {
        merges.remove(i);
      }
    }
  }

  private static void add(ArrayNode added, int id, String content, String flag) {
    ObjectNode token = added.addObject().put("id", id).put("content", content);
    for (String name : new String[] {"single_word", "lstrip", "rstrip", "normalized", "special"}) {
      token.put(name, name.equals(flag));
    }
  }
}
