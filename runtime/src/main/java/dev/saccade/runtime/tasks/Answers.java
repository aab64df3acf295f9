package dev.saccade.runtime.tasks;

import dev.saccade.runtime.evaluate.Bootstrap;
import dev.saccade.runtime.evaluate.Interval;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.model.Logits;
import java.util.Arrays;
import java.util.List;

/**
 * What a model answered: right is what it takes to be likeliest of the whole vocabulary.
 *
 * @param asked answers of each example that count
 * @param right as many of them as were right
 */
record Answers(List<Integer> asked, List<Integer> right) {

  /** Logits at once; more would be memory without a gain in speed. */
  private static final long MOST_LOGITS = 1L << 23;

  private static final int MOST_EXAMPLES = 64;

  Answers {
    asked = List.copyOf(asked);
    right = List.copyOf(right);
  }

  /** Asks a model. */
  static Answers of(CausalModel model, SyntheticTask task, List<Example> examples) {
    long logits = (long) task.length() * task.vocabularySize();
    int step = (int) Math.max(1, Math.min(MOST_EXAMPLES, MOST_LOGITS / logits));
    int[] right = new int[examples.size()];
    for (int from = 0; from < examples.size(); from += step) {
      List<Example> some = examples.subList(from, Math.min(from + step, examples.size()));
      Logits found = model.logits(ExampleBatch.of(some, task).tokens());
      for (int b = 0; b < some.size(); b++) {
        right[from + b] = right(some.get(b), found, b);
      }
    }
    return new Answers(
        examples.stream().map(Example::answers).toList(), Arrays.stream(right).boxed().toList());
  }

  private static int right(Example example, Logits found, int sequence) {
    int right = 0;
    for (int t = 1; t < example.length(); t++) {
      if (example.label(t) >= 0 && likeliest(found.at(sequence, t - 1)) == example.label(t)) {
        right++;
      }
    }
    return right;
  }

  /** The first of those that are equally likely; not a number is never likeliest. */
  private static int likeliest(float[] logits) {
    int best = -1;
    for (int token = 0; token < logits.length; token++) {
      if (!Float.isNaN(logits[token]) && (best < 0 || logits[token] > logits[best])) {
        best = token;
      }
    }
    return best;
  }

  long questions() {
    return asked.stream().mapToLong(count -> count).sum();
  }

  /** The share of answers that are right, 0 to 1. */
  double accuracy() {
    return right.stream().mapToLong(count -> count).sum() / (double) questions();
  }

  /** The share of examples all of whose answers are right, 0 to 1. */
  double whole() {
    int whole = 0;
    for (int i = 0; i < asked.size(); i++) {
      whole += right.get(i).equals(asked.get(i)) ? 1 : 0;
    }
    return whole / (double) asked.size();
  }

  /** How far the accuracy might be off because there were these examples and not others. */
  Interval interval(Bootstrap bootstrap) {
    return bootstrap.ratio(
        right.stream().mapToDouble(count -> count).toArray(),
        asked.stream().mapToDouble(count -> count).toArray());
  }
}
