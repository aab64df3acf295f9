package dev.saccade.runtime.model;

import dev.saccade.runtime.weights.OptConfig;
import dev.saccade.runtime.weights.OptConfig.Norms;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * An OPT as a SameDiff graph with one attention slot a layer; the token embeddings are the output
 * matrix too.
 *
 * <p>Zhang et al., OPT: Open Pre-trained Transformer Language Models, 2022; the same function as
 * Hugging Face's {@code OPTForCausalLM} in evaluation. Positions count real tokens, so that a text
 * padded in front is the same text.
 */
final class OptGraph {

  private final OptConfig config;
  private final TransformerParts parts;

  private OptGraph(OptConfig config, TransformerParts parts) {
    this.config = config;
    this.parts = parts;
  }

  /** Builds all of it into the graph of {@code parts}. */
  static SameDiff build(OptConfig config, TransformerParts parts) {
    OptGraph opt = new OptGraph(config, parts);
    SDVariable hidden = opt.embeddings().rename(GraphNames.hidden(0));
    for (int layer = 0; layer < config.layers(); layer++) {
      hidden = opt.layer(layer, hidden);
      if (layer + 1 < config.layers()) {
        hidden = hidden.rename(GraphNames.hidden(layer + 1));
      }
    }
    SDVariable last = opt.leave(hidden).rename(GraphNames.hidden(config.layers())); // [·, E]
    SDVariable logits =
        parts.likeRowsOf("embed_tokens", last).rename(GraphNames.TOKEN_LOGITS); // [·, V]
    if (!parts.decoding()) {
      parts.addLoss(Objective.NEXT_TOKEN, logits, parts.rows());
    }
    parts.finish();
    return parts.graph();
  }

  private SDVariable embeddings() {
    SDVariable words = parts.words("embed_tokens", config.paddingId()); // [B·T, E]
    SDVariable stream = config.projected() ? parts.matrix(words, "project_in") : words;
    SDVariable rows =
        parts
            .integers(GraphNames.COUNTED)
            .add(parts.graph().constant(Nd4j.scalar(DataType.INT32, OptConfig.POSITION_OFFSET)));
    return stream.add(parts.embedded("embed_positions", rows)); // [B·T, C]
  }

  private SDVariable layer(int layer, SDVariable hidden) {
    String prefix = "layers.%d.".formatted(layer);
    boolean before = config.norms() == Norms.BEFORE;
    String attentionNorm = prefix + "self_attn_layer_norm";
    String feedForwardNorm = prefix + "final_layer_norm";

    SDVariable entering = before ? parts.norm(hidden, attentionNorm) : hidden;
    SDVariable mixed =
        parts.attend(
            layer,
            parts.dense(entering, prefix + "self_attn.q_proj"),
            parts.dense(entering, prefix + "self_attn.k_proj"),
            parts.dense(entering, prefix + "self_attn.v_proj"));
    SDVariable attended =
        parts.dense(mixed, prefix + "self_attn.out_proj", parts.past(layer, hidden));
    attended = before ? attended : parts.norm(attended, attentionNorm);

    SDVariable inner =
        parts.dense(before ? parts.norm(attended, feedForwardNorm) : attended, prefix + "fc1");
    SDVariable sum =
        parts.dense(parts.activate(config.activation(), inner), prefix + "fc2", attended);
    return before ? sum : parts.norm(sum, feedForwardNorm);
  }

  /** From the residual stream to what the output matrix reads. */
  private SDVariable leave(SDVariable hidden) {
    SDVariable last =
        parts.decoding()
            ? parts.rowsOf(
                hidden,
                parts.graph().constant(Nd4j.createFromArray((int) parts.rows() - 1))) // [1, C]
            : hidden;
    SDVariable normed = config.finalNorm() ? parts.norm(last, "final_layer_norm") : last;
    return config.projected() ? parts.matrix(normed, "project_out") : normed;
  }
}
