package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.fixture.TinyDecoder;
import dev.saccade.runtime.safetensors.HalfPrecision;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.SafetensorsWriter;
import dev.saccade.runtime.safetensors.TensorEntry;
import dev.saccade.runtime.safetensors.TensorType;
import dev.saccade.runtime.weights.OptConfig.Norms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A decoder as a directory: saved, opened, and refused. */
class PretrainedDecoderTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final OptConfig BEHIND =
      new OptConfig(17, 5, 21, 2, 3, 11, 13, Norms.AFTER, false, Activation.GELU, 1, 2, 3);

  @TempDir Path parent;
  private Path directory;

  @BeforeEach
  void name() {
    directory = parent.resolve("tiny-opt");
  }

  private void save(OptConfig config) {
    try (PretrainedDecoder decoder = TinyDecoder.open(config)) {
      decoder.save(directory, TensorType.F32);
    }
  }

  private PretrainedDecoder open() {
    return PretrainedDecoder.open(directory);
  }

  private void edit(String from, String to) throws IOException {
    Path file = directory.resolve("config.json");
    String before = Files.readString(file);
    assertThat(before).contains(from);
    Files.writeString(file, before.replace(from, to));
  }

  private static void requireEqual(PretrainedDecoder actual, PretrainedDecoder expected) {
    assertThat(actual.weights().names()).isEqualTo(expected.weights().names());
    for (String name : expected.weights().names()) {
      assertThat(actual.weights().get(name).data().asFloat())
          .as(name)
          .isEqualTo(expected.weights().get(name).data().asFloat());
    }
  }

  @Test
  void a_model_saved_in_full_precision_is_opened_to_the_same_bits() {
    for (OptConfig config : List.of(TinyDecoder.CONFIG, BEHIND)) {
      directory = parent.resolve("of-" + config.norms());
      try (PretrainedDecoder decoder = TinyDecoder.open(config)) {
        decoder.save(directory, TensorType.F32);

        try (PretrainedDecoder opened = open()) {
          assertThat(opened.config()).isEqualTo(config);
          assertThat(opened.name()).isEqualTo("of-" + config.norms());
          requireEqual(opened, decoder);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TensorType.class,
      names = {"F16", "BF16"})
  void a_model_saved_in_half_precision_is_rounded_once(TensorType type) throws IOException {
    try (PretrainedDecoder decoder = TinyDecoder.open()) {
      decoder.save(directory, type);

      try (PretrainedDecoder opened = open()) {
        opened.save(parent.resolve("again"), type);
        String name = "layers.1.fc1.kernel";
        float[] before = decoder.weights().get(name).data().asFloat();
        float[] after = opened.weights().get(name).data().asFloat();
        for (int i = 0; i < before.length; i++) {
          float rounded =
              type == TensorType.F16
                  ? HalfPrecision.float16(HalfPrecision.toFloat16(before[i]))
                  : HalfPrecision.bfloat16(HalfPrecision.toBfloat16(before[i]));
          assertThat(after[i]).isEqualTo(rounded);
        }
      }
      assertThat(parent.resolve("again/model.safetensors"))
          .hasSameBinaryContentAs(directory.resolve("model.safetensors"));
      assertThat(JSON.readTree(directory.resolve("config.json").toFile()).get("torch_dtype"))
          .hasToString(type == TensorType.F16 ? "\"float16\"" : "\"bfloat16\"");
    }
  }

  @Test
  void tensors_have_the_names_and_axes_of_hugging_face() {
    save(BEHIND);

    try (SafetensorsFile file = SafetensorsFile.open(directory.resolve("model.safetensors"))) {
      assertThat(file.metadata()).containsEntry("format", "pt");
      assertThat(file.tensors().keySet())
          .contains("model.decoder.embed_tokens.weight")
          .contains("model.decoder.layers.1.self_attn.out_proj.bias")
          .doesNotContain("lm_head.weight", "model.decoder.final_layer_norm.weight")
          .allMatch(name -> name.startsWith("model.decoder."));
      assertThat(file.tensor("model.decoder.layers.0.fc1.weight").shape())
          .containsExactly(11L, 21L);
      assertThat(file.tensor("model.decoder.project_in.weight").shape()).containsExactly(21L, 5L);
      assertThat(file.tensor("model.decoder.embed_positions.weight").shape())
          .containsExactly(15L, 21L);
    }
  }

  @Test
  void what_nobody_here_reads_is_kept_and_the_tokenizer_is_copied() throws IOException {
    save(TinyDecoder.CONFIG);
    edit("{", "{\"prefix\": \"</s>\", \"init_std\": 0.006, ");
    Files.writeString(directory.resolve("tokenizer.json"), "{\"any\": 1}");
    Files.writeString(directory.resolve("generation_config.json"), "{\"max_length\": 20}");
    Path copy = parent.resolve("copy");

    try (PretrainedDecoder opened = open()) {
      opened.save(copy, TensorType.F32);
      opened.save(directory, TensorType.F32); // onto itself
    }

    JsonNode config = JSON.readTree(copy.resolve("config.json").toFile());
    assertThat(config.get("prefix").asText()).isEqualTo("</s>");
    assertThat(config.get("init_std").asDouble()).isEqualTo(0.006);
    assertThat(config.get("architectures").get(0).asText()).isEqualTo("OPTForCausalLM");
    assertThat(copy.resolve("tokenizer.json")).hasContent("{\"any\": 1}");
    assertThat(copy.resolve("generation_config.json")).hasContent("{\"max_length\": 20}");
    assertThat(directory.resolve("tokenizer.json")).hasContent("{\"any\": 1}");
    assertThat(copy.resolve("model.safetensors"))
        .hasSameBinaryContentAs(directory.resolve("model.safetensors"));
  }

  @Test
  void a_new_model_says_how_texts_begin_and_end() throws IOException {
    save(TinyDecoder.CONFIG.withTokens(4, 5, 6));

    JsonNode generation = JSON.readTree(directory.resolve("generation_config.json").toFile());
    assertThat(generation.get("pad_token_id").asInt()).isEqualTo(4);
    assertThat(generation.get("bos_token_id").asInt()).isEqualTo(5);
    assertThat(generation.get("eos_token_id").asInt()).isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.decoder.", "decoder.", ""})
  void any_usual_prefix_is_read_and_a_copy_of_the_output_matrix_is_not(String prefix)
      throws IOException {
    save(TinyDecoder.CONFIG);
    try (PretrainedDecoder expected = open()) {
      shard(List.of("model.safetensors"), name -> name.replace("model.decoder.", prefix));

      try (PretrainedDecoder opened = open()) {
        requireEqual(opened, expected);
      }
    }
  }

  /** Writes the tensors anew into these files, in turn. */
  private ObjectNode shard(List<String> files, UnaryOperator<String> rename) throws IOException {
    Path whole = directory.resolve("model.safetensors");
    ObjectNode weightMap = JSON.createObjectNode();
    List<SafetensorsWriter> writers = files.stream().map(file -> new SafetensorsWriter()).toList();
    try (SafetensorsFile file = SafetensorsFile.open(whole)) {
      int next = 0;
      for (TensorEntry entry : file.tensors().values()) {
        long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
        int shard = next++ % files.size();
        String name = rename.apply(entry.name());
        float[] values = file.floats(entry.name());
        writers.get(shard).add(name, TensorType.F32, shape, () -> values);
        weightMap.put(name, files.get(shard));
      }
      writers.get(0).add("lm_head.weight", TensorType.F32, new long[] {1}, () -> new float[1]);
      weightMap.put("lm_head.weight", files.get(0));
    }
    Files.delete(whole);
    for (int i = 0; i < files.size(); i++) {
      writers.get(i).write(directory.resolve(files.get(i)));
    }
    return weightMap;
  }

  private static final List<String> SHARDS =
      List.of(
          "model-00001-of-00003.safetensors",
          "model-00002-of-00003.safetensors",
          "model-00003-of-00003.safetensors");

  private void index(ObjectNode weightMap) throws IOException {
    ObjectNode index = JSON.createObjectNode();
    index.putObject("metadata").put("total_size", 1234);
    index.set("weight_map", weightMap);
    JSON.writeValue(directory.resolve("model.safetensors.index.json").toFile(), index);
  }

  @Test
  void shards_are_read_as_the_whole_is() throws IOException {
    save(BEHIND);
    try (PretrainedDecoder expected = open()) {
      index(shard(SHARDS, name -> name));

      try (PretrainedDecoder opened = open()) {
        requireEqual(opened, expected);
      }
    }
  }

  @Test
  void shards_that_are_missing_or_do_not_agree_with_the_index_are_named() throws IOException {
    save(TinyDecoder.CONFIG);
    ObjectNode weightMap = shard(SHARDS, name -> name);
    index(weightMap);
    Files.delete(directory.resolve(SHARDS.get(1)));
    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("model-00002-of-00003.safetensors is missing");

    weightMap.put("model.decoder.extra", SHARDS.get(0));
    weightMap.properties().removeIf(entry -> entry.getValue().asText().equals(SHARDS.get(1)));
    weightMap.remove("lm_head.weight");
    index(weightMap);
    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("model.decoder.extra is not in model-00001-of-00003.safetensors")
        .hasMessageContaining("lm_head.weight is in no line of the index");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../model.safetensors", "/etc/model.safetensors", "a\\\\b.safetensors", "x.bin"})
  void a_shard_elsewhere_is_refused(String shard) throws IOException {
    save(TinyDecoder.CONFIG);
    ObjectNode weightMap = shard(SHARDS, name -> name);
    weightMap.put("model.decoder.embed_tokens.weight", shard);
    index(weightMap);

    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("must be the name of a .safetensors file in the same directory");
  }

  @Test
  void missing_misshapen_and_unknown_weights_are_all_named() throws IOException {
    save(TinyDecoder.CONFIG);
    edit("\"ffn_dim\" : 11", "\"ffn_dim\" : 12");
    edit("\"_remove_final_layer_norm\" : false", "\"_remove_final_layer_norm\" : true");
    edit("\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 3");

    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("layers.0.fc1.kernel must be [21, 12] but is [21, 11]")
        .hasMessageContaining("layers.2.self_attn.q_proj.kernel [21, 21] is missing")
        .hasMessageContaining("more");
    edit("\"num_hidden_layers\" : 3", "\"num_hidden_layers\" : 2");
    edit("\"ffn_dim\" : 12", "\"ffn_dim\" : 11");
    assertThatThrownBy(this::open)
        .hasMessageEndingWith(
            "final_layer_norm.bias has no place in it; final_layer_norm.weight has no place in it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"opt\"                | \"gpt2\"     | model_type is \"gpt2\", which is not supported",
        "\"relu\"               | \"silu\"     | no activation is named silu",
        "\"hidden_size\" : 21   | \"hidden_size\" : 22 | heads must divide hiddenSize",
        "\"vocab_size\" : 17    | \"size\" : 17 | vocab_size is missing",
        "\"ffn_dim\" : 11       | \"ffn_dim\" : -1 | feedForwardSize must be positive",
        "\"num_hidden_layers\" : 2 | \"num_hidden_layers\" : 2000000000 | layers must be at most",
        "\"pad_token_id\" : 1   | \"pad_token_id\" : 17 | paddingId must be a token, 0 to 16",
        "\"model_type\"         | \"enable_bias\" : false, \"model_type\" | enable_bias is false",
        "\"model_type\" | \"tie_word_embeddings\" : false, \"model_type\" | tie_word_embeddings is",
        "{                      | [            | is not valid JSON at byte",
      })
  void a_configuration_that_is_wrong_or_not_supported_is_refused_by_name(
      String from, String to, String message) throws IOException {
    save(TinyDecoder.CONFIG);
    edit(from, to);

    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void what_is_no_directory_or_has_no_weights_says_so() throws IOException {
    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("is no directory");
    save(TinyDecoder.CONFIG);
    Files.delete(directory.resolve("model.safetensors"));
    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("has no model.safetensors and no model.safetensors.index.json")
        .hasMessageContaining("pytorch_model.bin");
  }

  @Test
  void weights_are_not_saved_as_whole_numbers() {
    try (PretrainedDecoder decoder = TinyDecoder.open()) {
      assertThatThrownBy(() -> decoder.save(directory, TensorType.I32))
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("not as I32");
    }
  }
}
