package dev.saccade.runtime.weights;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.saccade.runtime.json.JsonSection;
import dev.saccade.runtime.weights.OptConfig.Norms;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** An OPT as Hugging Face saves one: {@code config.json} and safetensors. */
final class HuggingFaceOpt {

  /** The output matrix is the token embeddings, so a copy in the file is not read. */
  static final TorchNames NAMES =
      new TorchNames(
          List.of("model.decoder.", "decoder."),
          name -> false,
          Pattern.compile("lm_head\\.weight"));

  private HuggingFaceOpt() {}

  static OptConfig readConfig(JsonSection config) {
    if (!config.text("model_type").equals("opt")) {
      throw config.unsupported("model_type", "opt");
    }
    for (String always :
        new String[] {"enable_bias", "layer_norm_elementwise_affine", "tie_word_embeddings"}) {
      if (!flag(config, always, true)) {
        throw config.unsupported(always, "true");
      }
    }
    int hidden = config.number("hidden_size");
    boolean before = flag(config, "do_layer_norm_before", true);
    return new OptConfig(
        config.number("vocab_size"),
        config.has("word_embed_proj_dim") ? config.number("word_embed_proj_dim") : hidden,
        hidden,
        config.number("num_hidden_layers"),
        config.number("num_attention_heads"),
        config.number("ffn_dim"),
        config.number("max_position_embeddings"),
        before ? Norms.BEFORE : Norms.AFTER,
        before && !flag(config, "_remove_final_layer_norm", false),
        Activation.named(text(config, "activation_function", "relu")),
        number(config, "pad_token_id", 1),
        number(config, "bos_token_id", 2),
        number(config, "eos_token_id", 2));
  }

  private static boolean flag(JsonSection config, String field, boolean otherwise) {
    return config.has(field) ? config.flag(field) : otherwise;
  }

  private static int number(JsonSection config, String field, int otherwise) {
    return config.has(field) ? config.number(field) : otherwise;
  }

  private static String text(JsonSection config, String field, String otherwise) {
    return config.has(field) ? config.text(field) : otherwise;
  }

  static ModelWeights readWeights(Path directory, OptConfig config) {
    return HuggingFaceFolder.readWeights(directory, config.layout(), NAMES);
  }

  /** Says in a {@code config.json} what this model is; other fields stay. */
  static void describe(OptConfig config, ObjectNode json) {
    json.put("model_type", "opt");
    json.putArray("architectures").add("OPTForCausalLM");
    json.put("vocab_size", config.vocabularySize());
    json.put("word_embed_proj_dim", config.embeddingSize());
    json.put("hidden_size", config.hiddenSize());
    json.put("num_hidden_layers", config.layers());
    json.put("num_attention_heads", config.heads());
    json.put("ffn_dim", config.feedForwardSize());
    json.put("max_position_embeddings", config.maximumPositions());
    json.put("do_layer_norm_before", config.norms() == Norms.BEFORE);
    json.put("_remove_final_layer_norm", config.norms() == Norms.BEFORE && !config.finalNorm());
    json.put("activation_function", config.activation().id());
    json.put("pad_token_id", config.paddingId());
    json.put("bos_token_id", config.beginId());
    json.put("eos_token_id", config.endId());
  }
}
