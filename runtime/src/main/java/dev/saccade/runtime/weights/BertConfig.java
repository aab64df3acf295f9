package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.util.LinkedHashMap;
import java.util.Map;

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

  /** Returns the names and shapes of the weights that every encoder of these sizes has. */
  Map<String, long[]> shapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("embeddings.word_embeddings.weight", new long[] {vocabularySize, hiddenSize});
    shapes.put("embeddings.position_embeddings.weight", new long[] {maximumPositions, hiddenSize});
    shapes.put(
        "embeddings.token_type_embeddings.weight", new long[] {typeVocabularySize, hiddenSize});
    norm(shapes, "embeddings.LayerNorm");
    for (int layer = 0; layer < layers; layer++) {
      String prefix = "encoder.layer.%d.".formatted(layer);
      dense(shapes, prefix + "attention.self.query", hiddenSize, hiddenSize);
      dense(shapes, prefix + "attention.self.key", hiddenSize, hiddenSize);
      dense(shapes, prefix + "attention.self.value", hiddenSize, hiddenSize);
      dense(shapes, prefix + "attention.output.dense", hiddenSize, hiddenSize);
      norm(shapes, prefix + "attention.output.LayerNorm");
      dense(shapes, prefix + "intermediate.dense", hiddenSize, intermediateSize);
      dense(shapes, prefix + "output.dense", intermediateSize, hiddenSize);
      norm(shapes, prefix + "output.LayerNorm");
    }
    return shapes;
  }

  /** Returns the names and shapes of the pooler's weights, which not every file has. */
  Map<String, long[]> poolerShapes() {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    dense(shapes, "pooler.dense", hiddenSize, hiddenSize);
    return shapes;
  }

  private void norm(Map<String, long[]> shapes, String name) {
    shapes.put(name + ".weight", new long[] {hiddenSize});
    shapes.put(name + ".bias", new long[] {hiddenSize});
  }

  private static void dense(Map<String, long[]> shapes, String name, int in, int out) {
    shapes.put(name + ".kernel", new long[] {in, out});
    shapes.put(name + ".bias", new long[] {out});
  }
}
