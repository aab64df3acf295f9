package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.json.JsonSection;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A BERT as Hugging Face saves one: {@code config.json} and safetensors, with or without the heads
 * for masked words and for classes.
 */
final class HuggingFaceBert {

  /** The last matrix of the masked head is the word embeddings; ids count 0, 1, 2, … */
  static final TorchNames NAMES =
      new TorchNames(
          List.of("bert."),
          name -> name.startsWith("cls.") || name.startsWith("classifier."),
          Pattern.compile(
              "cls\\.predictions\\.decoder\\..*|cls\\.seq_relationship\\..*|qa_outputs\\..*"
                  + "|embeddings\\.(position|token_type)_ids"));

  private HuggingFaceBert() {}

  static BertConfig readConfig(Path directory) {
    JsonSection config = JsonSection.read(directory.resolve(HuggingFaceFolder.CONFIG));
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

  static ModelWeights readWeights(Path directory, BertConfig config) {
    return HuggingFaceFolder.readWeights(directory, config.layout(), NAMES);
  }

  /** Says in a {@code config.json} what these weights are; other fields stay. */
  static void describe(BertConfig config, ModelWeights weights, ObjectNode json) {
    json.put("model_type", "bert");
    json.putArray("architectures").add(architecture(weights));
    json.put("hidden_size", config.hiddenSize());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.heads());
    json.put("intermediate_size", config.intermediateSize());
    json.put("max_position_embeddings", config.maximumPositions());
    json.put("vocab_size", config.vocabularySize());
    json.put("type_vocab_size", config.typeVocabularySize());
    json.put("layer_norm_eps", config.layerNormEpsilon());
    json.put("hidden_act", config.activation().id());
    json.put("position_embedding_type", "absolute");
    if (weights.has("classifier.bias")) {
      json.put("num_labels", weights.get("classifier.bias").length());
    }
  }

  private static String architecture(ModelWeights weights) {
    if (weights.has("classifier.bias")) {
      return "BertForSequenceClassification";
    }
    return weights.has("cls.predictions.bias") ? "BertForMaskedLM" : "BertModel";
  }
}
