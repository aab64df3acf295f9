package dev.saccade.benchmarks.ngram;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.evaluate.Foresight;
import dev.saccade.runtime.text.Document;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** What counting expects of texts, in the tokens of a language model. */
final class NGramForesight implements Foresight {

  private static final int AT_ONCE = 16;

  private final Tokenizer tokenizer;
  private final KneserNey model;

  /**
   * Counts documents as a language model reads them: each after the token that ends a text, and
   * with it at its end.
   */
  NGramForesight(List<Document> documents, Tokenizer tokenizer, int order) {
    this.tokenizer = tokenizer;
    this.model =
        KneserNey.of(
            documents.stream().map(document -> ended(tokens(document.text()))).toList(),
            order,
            tokenizer.vocabularySize());
  }

  KneserNey model() {
    return model;
  }

  @Override
  public int[] tokens(String text) {
    int[] ids = tokenizer.textIds(text);
    int[] tokens = new int[ids.length + 1];
    tokens[0] = separator();
    System.arraycopy(ids, 0, tokens, 1, ids.length);
    return tokens;
  }

  private int[] ended(int[] tokens) {
    int[] ended = Arrays.copyOf(tokens, tokens.length + 1);
    ended[tokens.length] = separator();
    return ended;
  }

  private int separator() {
    return tokenizer
        .specialTokens()
        .end()
        .orElseThrow(
            () -> new SaccadeException("the tokenizer must have a token that ends a text"));
  }

  @Override
  public int maximumContext() {
    return Integer.MAX_VALUE;
  }

  @Override
  public int windowsAtOnce(int context) {
    return AT_ONCE;
  }

  @Override
  public List<float[]> surprisals(List<int[]> windows, int context) {
    return windows.stream().map(window -> floats(model.surprisals(window))).toList();
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
