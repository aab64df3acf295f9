package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;

/**
 * The sizes of a BERT encoder.
 *
 * @param hiddenSize features of a position, H·D
 * @param layers transformer layers
 * @param heads H, the attention heads of a layer; a divisor of the hidden size
 * @param intermediateSize features inside the feed-forward block
 * @param maximumPositions the longest sequence that has position embeddings
 * @param vocabularySize rows of the word embeddings
 * @param typeVocabularySize rows of the token type embeddings
 * @param layerNormEpsilon what layer normalisation adds to the variance
 * @param activation the non-linearity of the feed-forward block
 */
public record BertConfig(
    int hiddenSize,
    int layers,
    int heads,
    int intermediateSize,
    int maximumPositions,
    int vocabularySize,
    int typeVocabularySize,
    double layerNormEpsilon,
    Activation activation) {

  /** The part that looks at the first position: {@code pooler.dense}. */
  public static final String POOLER = "pooler";

  /** The part that guesses hidden tokens; the words' embeddings are its last matrix. */
  public static final String MASKED_HEAD = "cls.predictions";

  /** The part that puts a sequence into one of several classes. */
  public static final String CLASSIFIER = "classifier";

  /** Beyond any encoder, so that a damaged file cannot ask for a billion names. */
  private static final int MAXIMUM_LAYERS = 10_000;

  public BertConfig {
    requirePositive("hiddenSize", hiddenSize);
    requirePositive("layers", layers);
    requirePositive("heads", heads);
    requirePositive("intermediateSize", intermediateSize);
    requirePositive("maximumPositions", maximumPositions);
    requirePositive("vocabularySize", vocabularySize);
    requirePositive("typeVocabularySize", typeVocabularySize);
    if (layers > MAXIMUM_LAYERS) {
      throw new SaccadeException(
          "layers must be at most %d, but is %d".formatted(MAXIMUM_LAYERS, layers));
    }
    if (hiddenSize % heads != 0) {
      throw new SaccadeException(
          "heads must divide hiddenSize, so that each head has as many features as the next:"
              + " hiddenSize=%d, heads=%d".formatted(hiddenSize, heads));
    }
    if (!(layerNormEpsilon > 0 && layerNormEpsilon < 1)) {
      throw new SaccadeException(
          "layerNormEpsilon must be between 0 and 1, but is " + layerNormEpsilon);
    }
  }

  private static void requirePositive(String name, int value) {
    if (value <= 0) {
      throw new SaccadeException("%s must be positive, but is %d".formatted(name, value));
    }
  }

  /** Returns D, the features of one head. */
  public int headSize() {
    return hiddenSize / heads;
  }

  /** As {@link #layout(int)} with a classifier of any number of classes, as a file has it. */
  public WeightLayout layout() {
    return layout(WeightLayout.ANY);
  }

  /** The weights of such an encoder with a classifier of so many classes. */
  public WeightLayout layout(int classes) {
    return layout((long) classes);
  }

  /**
   * The weights of such an encoder. Parts that not every file has: {@value #POOLER}, {@value
   * #MASKED_HEAD}, {@value #CLASSIFIER}.
   */
  private WeightLayout layout(long classes) {
    WeightLayout.Builder all = new WeightLayout.Builder();
    all.table("embeddings.word_embeddings", vocabularySize, hiddenSize)
        .table("embeddings.position_embeddings", maximumPositions, hiddenSize)
        .table("embeddings.token_type_embeddings", typeVocabularySize, hiddenSize)
        .norm("embeddings.LayerNorm", hiddenSize);
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "encoder.layer.%d.".formatted(layer);
      all.dense(prefix + "attention.self.query", hiddenSize, hiddenSize)
          .dense(prefix + "attention.self.key", hiddenSize, hiddenSize)
          .dense(prefix + "attention.self.value", hiddenSize, hiddenSize)
          .dense(prefix + "attention.output.dense", hiddenSize, hiddenSize)
          .norm(prefix + "attention.output.LayerNorm", hiddenSize)
          .dense(prefix + "intermediate.dense", hiddenSize, intermediateSize)
          .dense(prefix + "output.dense", intermediateSize, hiddenSize)
          .norm(prefix + "output.LayerNorm", hiddenSize);
    }
    return all.part(POOLER)
        .dense("pooler.dense", hiddenSize, hiddenSize)
        .part(MASKED_HEAD)
        .bias("cls.predictions", vocabularySize)
        .dense("cls.predictions.transform.dense", hiddenSize, hiddenSize)
        .norm("cls.predictions.transform.LayerNorm", hiddenSize)
        .part(CLASSIFIER)
        .dense("classifier", hiddenSize, classes)
        .build();
  }
}
