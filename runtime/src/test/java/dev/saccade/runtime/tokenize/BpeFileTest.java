package dev.saccade.runtime.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BpeFileTest {

  static final String SMALL =
      """
      {"version": "1.0", "truncation": {"max_length": 3}, "padding": {"pad_token": "<fill>"},
       "added_tokens": [
         {"id": 9, "content": "</s>", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true},
         {"id": 10, "content": "<fill>", "single_word": false, "lstrip": true, "rstrip": false,
          "normalized": true, "special": true}],
       "normalizer": {"type": "Sequence", "normalizers": [
         {"type": "NFC"}, {"type": "Lowercase"},
         {"type": "Replace", "pattern": {"String": "_"}, "content": "ee"},
         {"type": "Strip", "strip_left": false, "strip_right": true}]},
       "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
         "use_regex": true},
       "post_processor": {"type": "TemplateProcessing",
         "single": [{"SpecialToken": {"id": "</s>", "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}}],
         "pair": [],
         "special_tokens": {"</s>": {"id": "</s>", "ids": [9], "tokens": ["</s>"]}}},
       "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
         "use_regex": true},
       "model": {"type": "BPE", "dropout": null, "unk_token": "?", "fuse_unk": true,
         "continuing_subword_prefix": "", "end_of_word_suffix": "", "byte_fallback": false,
         "ignore_merges": false,
         "vocab": {"?": 0, "e": 1, "y": 2, "Ġ": 3, "Ġe": 4, "ye": 5, "Ġeye": 6, "s": 7, "ee": 8},
         "merges": ["Ġ e", ["y", "e"], "Ġe ye", "e e"]}}
      """;

  @Test
  void a_small_file_is_read() {
    Tokenizer tokenizer = MinilmTokenizer.tokenizer(SMALL);

    assertThat(tokenizer.encode("Eyes yey_  ").tokens())
        .containsExactly("</s>", "Ġeye", "s", "Ġ", "ye", "ye", "e");
    assertThat(tokenizer.encode("eye\u0001\u0002s").tokens())
        .containsExactly("</s>", "Ġeye", "?", "s");
    assertThat(tokenizer.decode(9, 6, 7)).isEqualTo(" eyes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/model/byte_fallback           | true         | model.byte_fallback is true | false",
        "/model/dropout                 | 0.1          | model.dropout is 0.1        | null",
        "/model/end_of_word_suffix      | '</w>'       | model.end_of_word_suffix is | null or",
        "/model/continuing_subword_prefix | '##'       | continuing_subword_prefix is | null or",
        "/model/extra                   | 1            | model.extra is 1            | merges",
        "/pre_tokenizer/type            | 'Metaspace'  | pre_tokenizer.type is       | ByteLevel",
        "/decoder/type                  | 'Metaspace'  | decoder.type is             | ByteLevel",
        "/decoder/extra                 | 1            | decoder.extra is 1          | use_regex",
        "/normalizer/type               | 'Precompiled' | normalizer.type is         | NFKC",
        "/normalizer/normalizers/2/content | 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee' | normalizer.normalizers[2].content is | 64",
        "/normalizer/normalizers/2/pattern/Regex | 'x' | normalizers[2].pattern.Regex is | String",
        "/post_processor/type           | 'Other'      | post_processor.type is      | RobertaProc",
      })
  void what_is_not_supported_is_refused_by_name(
      String field, String value, String what, String supported) throws Exception {
    String json = with(field, value);

    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(json))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("tokenizer.json: ")
        .hasMessageContaining(what)
        .hasMessageContaining("not supported; supported: ")
        .hasMessageContaining(supported);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/model/merges/1    | 'y e e'  | model.merges[1] must be two tokens, as \"a b\"",
        "/model/merges/1    | 7        | model.merges[1] must be two tokens, as \"a b\"",
        "/model/merges/3    | 'y y'    | model.merges[3] must be two tokens that are in the voc",
        "/model/merges      | 7        | model.merges must be an array, but is 7",
        "/model/unk_token   | 'x'      | model.unk_token must be a token of the vocabulary",
        "/model/vocab/ee    | 19       | the 11 tokens of the vocabulary must have the ids 0 to 10",
        "/model/fuse_unk    | 1        | model.fuse_unk must be true or false, but is 1",
        "/normalizer/normalizers/2/pattern/String | '' | at least one character",
        "/post_processor/special_tokens | 7 | post_processor.special_tokens must be a JSON object",
        "/post_processor/single | 7 | post_processor.single must be an array",
      })
  void what_is_wrong_is_named(String field, String value, String what) throws Exception {
    String json = with(field, value);

    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(json))
        .isInstanceOf(SaccadeException.class)
        .hasMessageStartingWith("tokenizer.json: ")
        .hasMessageContaining(what);
  }

  @Test
  void replacements_that_multiply_are_refused_before_they_fill_the_memory() {
    String bomb =
        "{\"type\": \"Replace\", \"pattern\": {\"String\": \"e\"}, \"content\": \"eeee\"},";

    assertThatThrownBy(
            () ->
                MinilmTokenizer.tokenizer(
                    SMALL.replace("{\"type\": \"NFC\"},", bomb.repeat(5) + "{\"type\": \"NFC\"},")))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("normalizer.normalizers[3].content")
        .hasMessageContaining("at most 64× as long");
  }

  @Test
  void an_unknown_regular_expression_is_refused_by_name() {
    String split =
        "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a+)+$\"}, \"behavior\": \"Isolated\","
            + " \"invert\": false}";
    String json =
        SMALL.replace(
            "\"pre_tokenizer\": {",
            "\"pre_tokenizer\": {\"type\": \"Sequence\", \"pretokenizers\": [%s, {\"type\":"
                    .formatted(split)
                + " \"ByteLevel\", \"add_prefix_space\": false}]}, \"version\": {");

    assertThatThrownBy(() -> MinilmTokenizer.tokenizer(json))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("pre_tokenizer.pretokenizers[0].pattern.Regex is \"(a+)+$\"")
        .hasMessageContaining("supported: the regular expressions of GPT-2, Llama 3 and Qwen 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tokenizer_config.json|{\"eos_token\": \"<fill>\", \"pad_token\": {\"content\": \"</s>\"}}",
        "special_tokens_map.json|{\"eos_token\": {\"content\": \"<fill>\"}, \"pad_token\": \"</s>\"}"
      })
  void files_beside_it_give_roles_to_special_tokens(String companion, @TempDir Path directory)
      throws Exception {
    Path file = Files.writeString(directory.resolve("tokenizer.json"), SMALL);
    String[] nameAndContent = companion.split("\\|", -1);
    Files.writeString(directory.resolve(nameAndContent[0]), nameAndContent[1]);

    SpecialTokens special = TokenizerFile.read(file).specialTokens();

    assertThat(special.end()).hasValue(10);
    assertThat(special.padding()).hasValue(9);
  }

  @Test
  void the_tokenizer_config_counts_more_than_the_map(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("tokenizer.json"), SMALL);
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    Files.writeString(directory.resolve("special_tokens_map.json"), "{\"eos_token\": \"<fill>\"}");

    assertThat(TokenizerFile.read(file).specialTokens().end()).hasValue(9);
  }

  @Test
  void without_them_the_file_itself_gives_roles() {
    SpecialTokens special = MinilmTokenizer.tokenizer(SMALL).specialTokens();

    assertThat(special.beginning()).hasValue(9); // It goes before every text.
    assertThat(special.end()).hasValue(9); // It is spelled </s>.
    assertThat(special.padding()).hasValue(10);
    assertThat(special.unknown()).hasValue(0);
    assertThat(special.mask()).isEmpty();
  }

  @Test
  void the_roles_of_bert_are_found() {
    SpecialTokens special = MinilmTokenizer.read().specialTokens();

    assertThat(special.beginning()).hasValue(101);
    assertThat(special.end()).hasValue(102);
    assertThat(special.padding()).hasValue(0);
    assertThat(special.unknown()).hasValue(100);
    assertThat(special.mask()).hasValue(103);
  }

  @Test
  void a_role_for_a_token_that_is_not_there_is_refused(@TempDir Path directory) throws Exception {
    Path file = Files.writeString(directory.resolve("tokenizer.json"), SMALL);
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\": \"<end>\"}");

    assertThatThrownBy(() -> TokenizerFile.read(file))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("eos_token must be a token that " + file + " has");
  }

  private static String with(String pointer, String value) throws Exception {
    JsonMapper json = new JsonMapper();
    JsonNode root = json.readTree(SMALL);
    int slash = pointer.lastIndexOf('/');
    JsonNode parent = root.at(pointer.substring(0, slash));
    String name = pointer.substring(slash + 1);
    JsonNode node =
        value != null && value.matches("[0-9.]+|null|true")
            ? json.readTree(value)
            : json.getNodeFactory().textNode(value == null ? "" : value);
    if (parent instanceof ObjectNode object) {
      object.set(name, node);
    } else {
      ((ArrayNode) parent).set(Integer.parseInt(name), node);
    }
    return root.toString();
  }
}
