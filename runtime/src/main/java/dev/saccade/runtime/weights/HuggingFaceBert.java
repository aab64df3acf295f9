package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.safetensors.SafetensorsFile;
import dev.saccade.runtime.safetensors.TensorEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A BERT as Hugging Face saves one: {@code config.json} and {@code model.safetensors}. */
final class HuggingFaceBert {

  private static final String WEIGHTS = "model.safetensors";

  private HuggingFaceBert() {}

  static BertConfig readConfig(Path directory) {
    JsonSection config = JsonSection.read(directory.resolve("config.json"));
    require(config, "model_type", "bert");
    if (config.has("position_embedding_type")) {
      require(config, "position_embedding_type", "absolute");
    }
    for (String decoderOnly : new String[] {"is_decoder", "add_cross_attention"}) {
      if (config.has(decoderOnly) && config.flag(decoderOnly)) {
        throw config.unsupported(decoderOnly, "false");
      }
    }
    return new BertConfig(
        config.number("hidden_size"),
        config.number("num_hidden_layers"),
        config.number("num_attention_heads"),
        config.number("intermediate_size"),
        config.number("max_position_embeddings"),
        config.number("vocab_size"),
        config.number("type_vocab_size"),
        config.real("layer_norm_eps"),
        Activation.named(config.text("hidden_act")));
  }

  private static void require(JsonSection config, String field, String supported) {
    if (!config.text(field).equals(supported)) {
      throw config.unsupported(field, supported);
    }
  }

  static BertWeights readWeights(Path directory, BertConfig config) {
    Path path = directory.resolve(WEIGHTS);
    if (Files.notExists(path)) {
      throw new SaccadeException(
          "%s has no %s; sharded files and pytorch_model.bin are not supported: save the model once"
                  .formatted(directory, WEIGHTS)
              + " more with save_pretrained(…, safe_serialization=True, max_shard_size=\"100GB\")");
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (TensorEntry entry : file.tensors().values()) {
        put(tensors, file, entry);
      }
      return BertWeights.load(config, tensors, path.toString());
    }
  }

  private static void put(
      Map<String, StoredTensor> tensors, SafetensorsFile file, TensorEntry entry) {
    String name = entry.name().startsWith("bert.") ? entry.name().substring(5) : entry.name();
    // What follows the encoder in a fine-tuned model, and a buffer that is always 0, 1, 2, …
    if (name.matches("(cls|classifier|qa_outputs)\\..*|embeddings\\.position_ids")) {
      return;
    }
    long[] shape = entry.shape().stream().mapToLong(Long::longValue).toArray();
    StoredTensor tensor = new StoredTensor(shape, () -> file.floats(entry.name()));
    boolean dense =
        name.endsWith(".weight") && !name.startsWith("embeddings.") && !name.contains("LayerNorm.");
    if (dense) {
      name = name.substring(0, name.length() - "weight".length()) + "kernel";
      tensor = tensor.transposed();
    }
    tensors.put(name, tensor);
  }
}
