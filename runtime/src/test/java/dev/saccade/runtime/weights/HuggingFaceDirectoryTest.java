package dev.saccade.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.safetensors.SafetensorsBytes;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceDirectoryTest {

  private static final BertConfig TINY =
      new BertConfig(6, 2, 3, 11, 13, 5, 2, 1e-12, Activation.GELU);

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({"F32, 0, ''", "F16, 11, bert.", "BF16, 8, bert."})
  void minilm_saved_as_hugging_face_does_loads_to_the_same_numbers(
      String type, int bits, String prefix) throws Exception {
    try (PretrainedModel minilm = Models.minilmF32()) {
      save(minilm.config(), minilm.weights(), type, prefix);
      TinyTokenizer.write(directory);

      try (PretrainedModel loaded = open()) {
        assertThat(loaded.config()).isEqualTo(minilm.config());
        assertThat(loaded.weights().names()).isEqualTo(minilm.weights().names());
        for (String name : loaded.weights().names()) {
          float[] expected = Models.floats(minilm, name);
          float[] actual = Models.floats(loaded, name);
          for (int i = 0; i < expected.length; i++) {
            // Rounding to a significand of so many bits; a half is never finer than 2^-24.
            double rounding = Math.scalb(Math.abs(expected[i]), -bits);
            double allowed =
                switch (type) {
                  case "F32" -> 0;
                  case "F16" -> Math.max(rounding, 0x1p-25);
                  default -> rounding;
                };
            if (!(Math.abs((double) expected[i] - actual[i]) <= allowed)) {
              fail("%s[%d] is %s, but loaded %s", name, i, expected[i], actual[i]);
            }
          }
        }
      }
    }
  }

  @Test
  void heads_for_words_and_classes_are_read_and_what_nobody_needs_is_left_out() throws Exception {
    WeightLayout layout = TINY.layout().requiring("pooler", "cls.predictions");
    try (ModelWeights weights = ModelWeights.initial(layout, 1)) {
      SafetensorsBytes file = new SafetensorsBytes();
      for (String name : weights.names()) {
        add(file, weights, name, "F32", name.startsWith("cls.") ? "" : "bert.");
      }
      file.add("bert.embeddings.position_ids", "I64", new long[] {1, 13}, new byte[13 * 8]);
      file.add("cls.predictions.decoder.weight", "F32", new long[] {5, 6}, new float[30]);
      file.add("cls.seq_relationship.bias", "F32", new long[] {2}, new float[2]);
      float[] classes = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
      file.add("classifier.weight", "F32", new long[] {3, 6}, classes);
      file.add("classifier.bias", "F32", new long[] {3}, new float[] {7, 8, 9});
      saveConfig(TINY);
      file.write(directory.resolve("model.safetensors"));
      TinyTokenizer.write(directory);

      try (PretrainedModel loaded = open()) {
        assertThat(loaded.weights().names())
            .containsAll(weights.names())
            .hasSize(weights.names().size() + 2);
        assertThat(loaded.weights().get("classifier.kernel").shape()).containsExactly(6, 3);
        assertThat(loaded.weights().get("classifier.kernel").getFloat(0, 2)).isEqualTo(13);
        assertThat(loaded.weights().get("cls.predictions.transform.dense.kernel"))
            .isEqualTo(weights.get("cls.predictions.transform.dense.kernel"));
        assertThat(loaded.name()).isEqualTo(directory.getFileName().toString());
      }
    }
  }

  @Test
  void an_encoder_with_heads_is_saved_and_opened_to_the_same_bits() throws Exception {
    Path saved = directory.resolve("saved");
    WeightLayout layout = TINY.layout(3).requiring("pooler", "cls.predictions", "classifier");
    try (ModelWeights weights = ModelWeights.initial(layout, 1)) {
      SafetensorsBytes file = new SafetensorsBytes();
      for (String name : weights.names()) {
        add(file, weights, name, "F32", name.startsWith("c") ? "" : "bert.");
      }
      saveConfig(TINY);
      file.write(directory.resolve("model.safetensors"));
      TinyTokenizer.write(directory);
      try (PretrainedModel model = open()) {
        model.save(saved, TensorType.F32);
      }

      try (PretrainedModel again = PretrainedModel.open(saved.toString(), Models.DIRECTORY)) {
        assertThat(again.config()).isEqualTo(TINY);
        assertThat(again.weights().names()).hasSameElementsAs(weights.names());
        for (String name : weights.names()) {
          assertThat(again.weights().get(name)).as(name).isEqualTo(weights.get(name));
        }
      }
    }
    try (SafetensorsFile file = SafetensorsFile.open(saved.resolve("model.safetensors"))) {
      assertThat(file.tensors().keySet())
          .contains("bert.pooler.dense.weight", "classifier.weight", "cls.predictions.bias");
    }
    assertThat(saved.resolve("config.json"))
        .content()
        .contains("BertForSequenceClassification")
        .contains("\"num_labels\" : 3");
    assertThat(saved.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(directory.resolve("tokenizer.json"));
  }

  @Test
  void half_a_head_is_refused() throws Exception {
    try (ModelWeights weights = ModelWeights.initial(TINY.layout().requiring("pooler"), 1)) {
      SafetensorsBytes file = tensors(weights, "F32", "");
      file.add("classifier.bias", "F32", new long[] {3}, new float[3]);
      saveConfig(TINY);
      file.write(directory.resolve("model.safetensors"));
      TinyTokenizer.write(directory);

      assertThatThrownBy(this::open)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("classifier.kernel [6, any] is missing");
    }
  }

  @Test
  void missing_misshapen_and_unknown_weights_are_all_named() throws Exception {
    try (ModelWeights weights = ModelWeights.initial(TINY.layout().requiring("pooler"), 1)) {
      SafetensorsBytes file = new SafetensorsBytes();
      for (String name : weights.names()) {
        switch (name) {
          case "encoder.layer.1.output.dense.bias" -> {}
          case "embeddings.LayerNorm.bias" -> file.add(name, "F32", new long[] {7}, new float[7]);
          default -> add(file, weights, name, "F32", "");
        }
      }
      file.add("encoder.layer.2.output.dense.bias", "F32", new long[] {6}, new float[6]);
      saveConfig(TINY);
      file.write(directory.resolve("model.safetensors"));
      TinyTokenizer.write(directory);

      assertThatThrownBy(this::open)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("embeddings.LayerNorm.bias must be [6] but is [7]")
          .hasMessageContaining("encoder.layer.1.output.dense.bias [6] is missing")
          .hasMessageContaining("encoder.layer.2.output.dense.bias has no place in it");
    }
  }

  @Test
  void a_tensor_of_whole_numbers_among_the_weights_is_refused() throws Exception {
    try (ModelWeights weights = ModelWeights.initial(TINY.layout().requiring("pooler"), 1)) {
      SafetensorsBytes file = new SafetensorsBytes();
      for (String name : weights.names()) {
        if (name.equals("embeddings.LayerNorm.bias")) {
          file.add(name, "I64", new long[] {6}, new byte[48]);
        } else {
          add(file, weights, name, "F32", "");
        }
      }
      saveConfig(TINY);
      file.write(directory.resolve("model.safetensors"));
      TinyTokenizer.write(directory);

      assertThatThrownBy(this::open)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("tensor embeddings.LayerNorm.bias is I64");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"bert\"      | \"roberta\"   | model_type is \"roberta\"",
        "\"gelu\"      | \"silu\"      | no activation is named silu",
        "\"hidden_size\": 6 | \"hidden_size\": 7 | heads must divide hiddenSize",
        "\"hidden_size\": 6 | \"size\": 6  | hidden_size is missing",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 2000000000 | layers must be at most",
        "\"num_hidden_layers\": 2 | \"num_hidden_layers\": 0 | layers must be positive, but is 0",
        "\"layer_norm_eps\": 1.0E-12 | \"layer_norm_eps\": -1 | layerNormEpsilon must be between",
        "{ | {\"position_embedding_type\": \"relative_key\", | supported: absolute",
        "{ | {\"is_decoder\": true, | is_decoder is true, which is not supported",
        "{ | [ | not valid JSON at byte",
      })
  void a_config_that_is_wrong_or_not_supported_is_refused_by_name(
      String from, String to, String message) throws Exception {
    saveConfig(TINY);
    Path file = directory.resolve("config.json");
    Files.writeString(file, Files.readString(file).replace(from, to));

    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(message);
  }

  @Test
  void a_directory_without_its_files_says_which_is_missing() throws Exception {
    assertThatThrownBy(this::open).hasMessageContaining("config.json does not exist");

    saveConfig(TINY);
    assertThatThrownBy(this::open).hasMessageContaining("tokenizer.json does not exist");

    TinyTokenizer.write(directory);
    assertThatThrownBy(this::open)
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("has no model.safetensors and no model.safetensors.index.json")
        .hasMessageContaining("safe_serialization=True");
  }

  @Test
  void a_tokenizer_with_more_tokens_than_embeddings_is_refused() throws Exception {
    BertConfig few = new BertConfig(6, 2, 3, 11, 13, 4, 2, 1e-12, Activation.GELU);
    try (ModelWeights weights = ModelWeights.initial(few.layout().requiring("pooler"), 1)) {
      save(few, weights, "F32", "");
      TinyTokenizer.write(directory);

      assertThatThrownBy(this::open)
          .isInstanceOf(SaccadeException.class)
          .hasMessageContaining("the tokenizer has 5 tokens, but the model has embeddings for 4");
    }
  }

  private PretrainedModel open() {
    return PretrainedModel.open(directory.toString(), Models.DIRECTORY);
  }

  private void save(BertConfig config, ModelWeights weights, String type, String prefix)
      throws Exception {
    saveConfig(config);
    tensors(weights, type, prefix).write(directory.resolve("model.safetensors"));
  }

  private void saveConfig(BertConfig config) throws Exception {
    Files.writeString(
        directory.resolve("config.json"),
        """
        {"model_type": "bert", "hidden_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "intermediate_size": %d, "max_position_embeddings": %d,
         "vocab_size": %d, "type_vocab_size": %d, "layer_norm_eps": %s, "hidden_act": "gelu",
         "architectures": ["BertModel"]}
        """
            .formatted(
                config.hiddenSize(),
                config.layers(),
                config.heads(),
                config.intermediateSize(),
                config.maximumPositions(),
                config.vocabularySize(),
                config.typeVocabularySize(),
                config.layerNormEpsilon()));
  }

  private static SafetensorsBytes tensors(ModelWeights weights, String type, String prefix) {
    SafetensorsBytes file = new SafetensorsBytes();
    for (String name : weights.names()) {
      add(file, weights, name, type, prefix);
    }
    return file;
  }

  /** Writes as PyTorch does: dense layers as [out, in]. */
  private static void add(
      SafetensorsBytes file, ModelWeights weights, String name, String type, String prefix) {
    float[] values = weights.get(name).data().asFloat();
    long[] shape = weights.get(name).shape();
    if (name.endsWith(".kernel")) {
      int in = (int) shape[0];
      int out = (int) shape[1];
      float[] transposed = new float[values.length];
      for (int i = 0; i < in; i++) {
        for (int o = 0; o < out; o++) {
          transposed[o * in + i] = values[i * out + o];
        }
      }
      String torchName = name.substring(0, name.length() - 6) + "weight";
      file.add(prefix + torchName, type, new long[] {out, in}, transposed);
    } else {
      file.add(prefix + name, type, shape, values);
    }
  }
}
