package dev.saccade.runtime.model;

import dev.saccade.runtime.weights.BertConfig;
import dev.saccade.runtime.weights.ModelWeights;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A BERT encoder as a SameDiff graph with one attention slot a layer, and the heads that its
 * weights have. Post-norm: each block adds its input and normalises the sum.
 *
 * <p>Devlin et al., BERT, 2019; the same function as Hugging Face's {@code BertModel}, {@code
 * BertForMaskedLM} and {@code BertForSequenceClassification} in evaluation.
 */
final class BertGraph {

  private final BertConfig config;
  private final int paddingId;
  private final TransformerParts parts;

  private BertGraph(BertConfig config, int paddingId, TransformerParts parts) {
    this.config = config;
    this.paddingId = paddingId;
    this.parts = parts;
  }

  /**
   * Builds all of it into the graph of {@code parts}.
   *
   * @param paddingId the token whose embedding is not trained
   */
  static SameDiff build(
      BertConfig config, int paddingId, ModelWeights weights, TransformerParts parts) {
    BertGraph bert = new BertGraph(config, paddingId, parts);
    SDVariable hidden = bert.embeddings().rename(GraphNames.hidden(0));
    for (int layer = 0; layer < config.layers(); layer++) {
      hidden = bert.layer(layer, hidden).rename(GraphNames.hidden(layer + 1));
    }
    if (weights.has("cls.predictions.bias")) {
      bert.addMaskedHead(hidden);
    }
    if (weights.has("pooler.dense.bias")) {
      SDVariable pooled = bert.pooled(hidden);
      if (weights.has("classifier.bias")) {
        bert.addClassifier(pooled);
      }
    }
    parts.finish();
    return parts.graph();
  }

  private SDVariable embeddings() {
    SDVariable words = parts.words("embeddings.word_embeddings", paddingId);
    SDVariable positions =
        parts.embedded("embeddings.position_embeddings", everyPosition()); // [B·T, C]
    SDVariable types =
        parts.embedded("embeddings.token_type_embeddings", parts.integers(GraphNames.TYPES));
    return parts.norm(words.add(positions.add(types)), "embeddings.LayerNorm"); // [B·T, C]
  }

  /** 0, 1, … T − 1 for every sequence, padding included; {@code [B, T]}. */
  private SDVariable everyPosition() {
    int positions = (int) parts.positions();
    int[] counted = new int[(int) parts.rows()];
    for (int i = 0; i < counted.length; i++) {
      counted[i] = i % positions;
    }
    return parts.graph().constant(Nd4j.createFromArray(counted).reshape(parts.batch(), positions));
  }

  private SDVariable layer(int layer, SDVariable hidden) {
    String prefix = "encoder.layer.%d.".formatted(layer);
    SDVariable mixed =
        parts.attend(
            layer,
            parts.dense(hidden, prefix + "attention.self.query"),
            parts.dense(hidden, prefix + "attention.self.key"),
            parts.dense(hidden, prefix + "attention.self.value")); // [B·T, C]
    SDVariable attended =
        parts.norm(
            parts.dense(mixed, prefix + "attention.output.dense", hidden),
            prefix + "attention.output.LayerNorm");
    SDVariable inner =
        parts.activate(
            config.activation(), parts.dense(attended, prefix + "intermediate.dense")); // [B·T, 4C]
    return parts.norm(
        parts.dense(inner, prefix + "output.dense", attended), prefix + "output.LayerNorm");
  }

  /** Guesses every token from what stands around it. */
  private void addMaskedHead(SDVariable hidden) {
    SDVariable inner =
        parts.activate(config.activation(), parts.dense(hidden, "cls.predictions.transform.dense"));
    SDVariable normed = parts.norm(inner, "cls.predictions.transform.LayerNorm"); // [B·T, C]
    SDVariable logits =
        parts
            .likeRowsOf("embeddings.word_embeddings", normed)
            .add(parts.weight("cls.predictions.bias"))
            .rename(GraphNames.TOKEN_LOGITS); // [B·T, V]
    parts.addLoss(Objective.MASKED_TOKEN, logits, parts.rows());
  }

  /** What the first position knows of its sequence, {@code [B, C]}. */
  private SDVariable pooled(SDVariable hidden) {
    SDVariable dense = parts.dense(parts.rowsOf(hidden, firstPositions()), "pooler.dense");
    return parts.graph().math().tanh(dense).rename(GraphNames.POOLED);
  }

  /** Puts a sequence into a class. */
  private void addClassifier(SDVariable pooled) {
    SDVariable logits =
        parts.dense(pooled, "classifier").rename(GraphNames.CLASS_LOGITS); // [B, classes]
    parts.addLoss(Objective.CLASS, logits, parts.batch());
  }

  private SDVariable firstPositions() {
    return parts
        .graph()
        .constant(
            Nd4j.arange((double) parts.batch())
                .mul(parts.positions())
                .castTo(DataType.INT32)); // [B]
  }
}
