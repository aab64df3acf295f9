package dev.saccade.runtime.tasks;

import dev.saccade.runtime.model.Objective;
import dev.saccade.runtime.model.TokenBatch;
import java.util.Arrays;
import java.util.List;

/**
 * Examples side by side, {@code [B, T]}, all of the task's length, so that one graph serves a whole
 * task. Immutable.
 */
public final class ExampleBatch {

  private final TokenBatch tokens;
  private final int[] labels;

  private ExampleBatch(TokenBatch tokens, int[] labels) {
    this.tokens = tokens;
    this.labels = labels;
  }

  /** Examples of a task, padded behind. */
  static ExampleBatch of(List<Example> examples, SyntheticTask task) {
    int positions = task.length();
    int[][] ids = new int[examples.size()][positions];
    int[][] mask = new int[examples.size()][positions];
    int[] labels = new int[examples.size() * positions];
    Arrays.fill(labels, Objective.IGNORED);
    for (int b = 0; b < ids.length; b++) {
      Example example = examples.get(b);
      Arrays.fill(ids[b], task.paddingId());
      Arrays.fill(mask[b], 0, example.length(), 1);
      System.arraycopy(example.tokens(), 0, ids[b], 0, example.length());
      for (int t = 0; t < example.length(); t++) {
        labels[b * positions + t] = example.label(t);
      }
    }
    return new ExampleBatch(TokenBatch.padded(ids, mask), labels);
  }

  /** What the model is given. */
  TokenBatch tokens() {
    return tokens;
  }

  /** What it should say, {@code [B·T]}, as learning models take labels; a copy. */
  int[] labels() {
    return labels.clone();
  }
}
