package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;

/**
 * The sizes of an OPT, a decoder-only language model.
 *
 * @param vocabularySize V, rows of the token embeddings, which are the output matrix too
 * @param embeddingSize E, features of a token embedding; if it is not the hidden size, two matrices
 *     translate
 * @param hiddenSize C, features of a position, H·D
 * @param layers transformer layers
 * @param heads H, the attention heads of a layer; a divisor of the hidden size
 * @param feedForwardSize features inside the feed-forward block
 * @param maximumPositions the longest sequence that has position embeddings
 * @param norms where each block normalises
 * @param finalNorm whether what leaves the last layer is normalised; only with norms before
 * @param activation the non-linearity of the feed-forward block
 * @param paddingId the token that fills short sequences
 * @param beginId the token that a text begins with
 * @param endId the token that ends a text
 */
public record OptConfig(
    int vocabularySize,
    int embeddingSize,
    int hiddenSize,
    int layers,
    int heads,
    int feedForwardSize,
    int maximumPositions,
    Norms norms,
    boolean finalNorm,
    Activation activation,
    int paddingId,
    int beginId,
    int endId) {

  /** Where a block normalises its residual stream. */
  public enum Norms {
    /** What enters a block is normalised, the stream is not: all OPT but one. */
    BEFORE,
    /** The sum of what enters and leaves a block is normalised: opt-350m. */
    AFTER
  }

  /** Position embeddings begin with two rows for what has no position; padding reads the second. */
  public static final int POSITION_OFFSET = 2;

  /** What layer normalisation adds to the variance. */
  public static final double LAYER_NORM_EPSILON = 1e-5;

  /** Beyond any decoder, so that a damaged file cannot ask for a billion names. */
  private static final int MAXIMUM_LAYERS = 10_000;

  public OptConfig {
    requirePositive("vocabularySize", vocabularySize);
    requirePositive("embeddingSize", embeddingSize);
    requirePositive("hiddenSize", hiddenSize);
    requirePositive("layers", layers);
    requirePositive("heads", heads);
    requirePositive("feedForwardSize", feedForwardSize);
    requirePositive("maximumPositions", maximumPositions);
    if (layers > MAXIMUM_LAYERS) {
      throw new SaccadeException(
          "layers must be at most %d, but is %d".formatted(MAXIMUM_LAYERS, layers));
    }
    if (hiddenSize % heads != 0) {
      throw new SaccadeException(
          "heads must divide hiddenSize, so that each head has as many features as the next:"
              + " hiddenSize=%d, heads=%d".formatted(hiddenSize, heads));
    }
    if (finalNorm && norms == Norms.AFTER) {
      throw new SaccadeException("with norms after every block there is no final norm");
    }
    requireToken("paddingId", paddingId, vocabularySize);
    requireToken("beginId", beginId, vocabularySize);
    requireToken("endId", endId, vocabularySize);
  }

  /** A model of the usual form: norms before, ReLU, padding 1, beginning and end 2. */
  public static OptConfig of(
      int vocabularySize,
      int hiddenSize,
      int layers,
      int heads,
      int feedForwardSize,
      int maximumPositions) {
    return new OptConfig(
        vocabularySize,
        hiddenSize,
        hiddenSize,
        layers,
        heads,
        feedForwardSize,
        maximumPositions,
        Norms.BEFORE,
        true,
        Activation.RELU,
        1,
        2,
        2);
  }

  /** The same sizes with other special tokens, as another tokenizer numbers them. */
  public OptConfig withTokens(int paddingId, int beginId, int endId) {
    return new OptConfig(
        vocabularySize,
        embeddingSize,
        hiddenSize,
        layers,
        heads,
        feedForwardSize,
        maximumPositions,
        norms,
        finalNorm,
        activation,
        paddingId,
        beginId,
        endId);
  }

  private static void requirePositive(String name, int value) {
    if (value <= 0) {
      throw new SaccadeException("%s must be positive, but is %d".formatted(name, value));
    }
  }

  private static void requireToken(String name, int id, int vocabularySize) {
    if (id < 0 || id >= vocabularySize) {
      throw new SaccadeException(
          "%s must be a token, 0 to %d, but is %d".formatted(name, vocabularySize - 1, id));
    }
  }

  /** Returns D, the features of one head. */
  public int headSize() {
    return hiddenSize / heads;
  }

  /** Whether token embeddings are translated to the hidden size and back. */
  public boolean projected() {
    return embeddingSize != hiddenSize;
  }

  /** The weights of such a model. */
  public WeightLayout layout() {
    WeightLayout.Builder all = new WeightLayout.Builder();
    all.table("embed_tokens", vocabularySize, embeddingSize)
        .table("embed_positions", (long) maximumPositions + POSITION_OFFSET, hiddenSize);
    if (projected()) {
      all.matrix("project_in", embeddingSize, hiddenSize)
          .matrix("project_out", hiddenSize, embeddingSize);
    }
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "layers.%d.".formatted(layer);
      all.norm(prefix + "self_attn_layer_norm", hiddenSize)
          .dense(prefix + "self_attn.q_proj", hiddenSize, hiddenSize)
          .dense(prefix + "self_attn.k_proj", hiddenSize, hiddenSize)
          .dense(prefix + "self_attn.v_proj", hiddenSize, hiddenSize)
          .dense(prefix + "self_attn.out_proj", hiddenSize, hiddenSize)
          .norm(prefix + "final_layer_norm", hiddenSize)
          .dense(prefix + "fc1", hiddenSize, feedForwardSize)
          .dense(prefix + "fc2", feedForwardSize, hiddenSize);
    }
    if (finalNorm) {
      all.norm("final_layer_norm", hiddenSize);
    }
    return all.build();
  }
}
