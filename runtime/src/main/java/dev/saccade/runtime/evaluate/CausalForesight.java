package dev.saccade.runtime.evaluate;

import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.TokenBatch;
import dev.saccade.runtime.tokenize.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** What a causal language model expects. */
record CausalForesight(CausalModel model, Tokenizer tokenizer) implements Foresight {

  /** Logits of a batch; more would be memory without a gain in speed. */
  private static final long MOST_LOGITS = 1L << 23;

  private static final int MOST_SEQUENCES = 16;

  @Override
  public int[] tokens(String text) {
    return model.tokens(text, tokenizer);
  }

  @Override
  public int maximumContext() {
    return model.spec().maxPositions();
  }

  @Override
  public int windowsAtOnce(int context) {
    long logits = (long) context * model.pretrained().config().vocabularySize();
    return (int) Math.max(1, Math.min(MOST_SEQUENCES, MOST_LOGITS / logits));
  }

  @Override
  public List<float[]> surprisals(List<int[]> windows, int context) {
    TokenBatch batch = model.batch(windows, context);
    float[] all = model.surprisals(batch);
    int row = batch.positions();
    return IntStream.range(0, windows.size())
        .mapToObj(b -> Arrays.copyOfRange(all, b * row, (b + 1) * row))
        .toList();
  }
}
