package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenizerFileTest {

  static final String SMALL =
      """
      {"version": "1.0", "truncation": null, "padding": null,
       "added_tokens": [
         {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
         "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
         "max_input_chars_per_word": 7,
         "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "eye": 3, "##s": 4}}}
      """;

  @Test
  void a_small_file_is_read() {
    Tokenizer tokenizer = MinilmTokenizer.tokenizer(SMALL);

    assertThat(tokenizer.encode("Eyes eyelids eyeeyeeye").tokens())
        .containsExactly("[CLS]", "eye", "##s", "[UNK]", "[UNK]", "[SEP]");
    assertThat(tokenizer.decode(1, 3, 4, 3)).isEqualTo("eyes eye");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/model/type           | 'Unigram'     | model.type is \"Unigram\"     | WordPiece, BPE",
        "/model/dropout        | 0.1           | model.dropout is 0.1          | max_input_chars_per",
        "/normalizer/type      | 'Nmt'         | normalizer.type is \"Nmt\"    | BertNormalizer",
        "/pre_tokenizer/type   | 'Whitespace'  | pre_tokenizer.type is          | BertPreTokenizer",
        "/post_processor/type  | 'Bert'        | post_processor.type is         | BertProcessing",
        "/decoder/type         | 'BPEDecoder'  | decoder.type is \"BPEDecoder\" | WordPiece",
        "/extra                | 1             | extra is 1                     | added_tokens",
      })
  void what_is_not_supported_is_refused_by_name(
      String field, String value, String what, String supported) throws Exception {
    String json = with(field, value);

    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(json))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("tokenizer.json: ")
        .hasMessageContaining(what)
        .hasMessageContaining("supported")
        .hasMessageContaining(supported);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/model/unk_token                 | 'none' | model.unk_token must be a token of the voc",
        "/model/vocab/eye                 | 9      | each once, but eye has id 9",
        "/model/vocab/eye                 | 2      | each once, but",
        "/model/vocab/eye                 | 'x'    | model.vocab.eye must be a whole number",
        "/model/max_input_chars_per_word  | null   | model.max_input_chars_per_word is missing",
        "/normalizer/lowercase            | 1      | normalizer.lowercase must be true or false",
        "/post_processor/cls              | 3      | post_processor.cls must be a token of the",
        "/added_tokens                    | 3      | added_tokens must be an array, but is 3",
        "/model                           | 3      | model must be a JSON object, but is 3",
      })
  void what_is_wrong_is_named(String field, String value, String what) throws Exception {
    String json = with(field, value);

    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(json))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(what);
  }

  @Test
  void an_added_token_that_contradicts_the_vocabulary_is_refused() {
    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(SMALL.replace("\"id\": 1", "\"id\": 4")))
        .hasMessageContaining("added token [CLS] has id 4, but the vocabulary gives it 1");
  }

  @Test
  void truncated_json_is_refused_with_the_place() {
    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(SMALL.substring(0, 100)))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("tokenizer.json is not valid JSON at byte ");
  }

  @Test
  void a_damaged_character_is_refused_or_harmless() {
    Random random = new Random(17);

    for (int i = 0; i < SMALL.length(); i++) {
      for (int attempt = 0; attempt < 5; attempt++) {
        char damage = (char) (' ' + random.nextInt(95));
        String json = SMALL.substring(0, i) + damage + SMALL.substring(i + 1);
        try {
          assertThat(MinilmTokenizer.tokenizer(json).encode("Eyes").length()).isLessThan(9);
        } catch (SaccadeException e) {
          assertThat(e).hasMessageStartingWith("tokenizer.json");
        }
      }
    }
  }

  @Test
  void an_empty_file_is_refused() {
    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(""))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must be a JSON object");
  }

  @Test
  void a_missing_file_is_refused(@TempDir Path directory) {
    Path file = directory.resolve("tokenizer.json");

    assertThatThrownBy(() -> TokenizerFile.read(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessage(file + " does not exist");
  }

  private static String with(String pointer, String value) throws Exception {
    JsonMapper json = new JsonMapper();
    JsonNode root = json.readTree(SMALL);
    int slash = pointer.lastIndexOf('/');
    JsonNode parsed = value.matches("[0-9.]+|null") ? json.readTree(value) : null;
    ObjectNode parent = (ObjectNode) root.at(pointer.substring(0, slash));
    if (parsed == null) {
      parent.put(pointer.substring(slash + 1), value);
    } else {
      parent.set(pointer.substring(slash + 1), parsed);
    }
    return root.toString();
  }
}
