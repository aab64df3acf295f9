package dev.saccade.runtime.tasks;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.train.StepSeed;
import dev.saccade.runtime.train.TrainingData;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Examples of a task, all from one seed: some held back, and as many to learn from as there are
 * steps, none of which is held back.
 *
 * <p>Every batch that is learned from is new; it depends on the seed and its number alone.
 */
public final class TaskData implements TrainingData<ExampleBatch> {

  /** Enough to see that a task is solved; what is reported comes from the others. */
  private static final int VALIDATION = 256;

  /** Never reached: there is no second epoch. */
  private static final int BATCHES = 1 << 30;

  private static final int HELD_BACK = 0;
  private static final int LEARNED = 1;
  private static final int MOST_ATTEMPTS = 1000;

  private final SyntheticTask task;
  private final int batchSize;
  private final long seed;
  private final Set<Example> heldBack;
  private final List<ExampleBatch> validation;
  private final List<Example> test;

  private TaskData(SyntheticTask task, int batchSize, long seed, Set<Example> heldBack) {
    this.task = task;
    this.batchSize = batchSize;
    this.seed = seed;
    this.heldBack = heldBack;
    List<Example> all = List.copyOf(heldBack);
    this.validation = batches(all.subList(0, VALIDATION));
    this.test = all.subList(VALIDATION, all.size());
  }

  /**
   * Draws what is held back.
   *
   * @param batchSize B, examples of a batch
   * @param examples how many are measured at the end, all different
   * @throws SaccadeException if the task has not as many different ones
   */
  public static TaskData of(SyntheticTask task, int batchSize, int examples, long seed) {
    if (batchSize < 1 || examples < 2) {
      throw new SaccadeException(
          "a batch needs at least 1 example and an evaluation at least 2: batch=%d, examples=%d"
              .formatted(batchSize, examples));
    }
    SplittableRandom random = new SplittableRandom(StepSeed.of(seed, 0, HELD_BACK));
    Set<Example> heldBack = new LinkedHashSet<>();
    int wanted = Math.addExact(VALIDATION, examples);
    int attempts = 0;
    while (heldBack.size() < wanted) {
      attempts = heldBack.add(task.draw(random)) ? 0 : attempts + 1;
      if (attempts > MOST_ATTEMPTS) {
        throw new SaccadeException(
            "%s at this size has only about %,d different examples, too few to hold %,d back; make it larger: %s"
                .formatted(task.name(), heldBack.size(), wanted, task.settings()));
      }
    }
    return new TaskData(task, batchSize, seed, heldBack);
  }

  private List<ExampleBatch> batches(List<Example> examples) {
    List<ExampleBatch> batches = new ArrayList<>();
    for (int from = 0; from < examples.size(); from += batchSize) {
      int to = Math.min(from + batchSize, examples.size());
      batches.add(ExampleBatch.of(examples.subList(from, to), task));
    }
    return batches;
  }

  /** What is drawn. */
  public SyntheticTask task() {
    return task;
  }

  @Override
  public int batches() {
    return BATCHES;
  }

  @Override
  public ExampleBatch batch(int epoch, int index) {
    return ExampleBatch.of(examples((long) epoch * BATCHES + index), task);
  }

  /** The examples of a batch that is learned from. */
  List<Example> examples(long batch) {
    SplittableRandom random = new SplittableRandom(StepSeed.of(seed, batch, LEARNED));
    List<Example> examples = new ArrayList<>();
    int attempts = 0;
    while (examples.size() < batchSize) {
      Example drawn = task.draw(random);
      if (!heldBack.contains(drawn)) {
        examples.add(drawn);
        attempts = 0;
      } else if (++attempts > MOST_ATTEMPTS) {
        throw new SaccadeException(
            "%s at this size has next to no examples that are not held back; make it larger: %s"
                .formatted(task.name(), task.settings()));
      }
    }
    return examples;
  }

  @Override
  public List<ExampleBatch> validation() {
    return validation;
  }

  /** What is measured at the end: held back, and not looked at before. */
  public List<Example> test() {
    return test;
  }

  /** How often an answer would be right that is always the commonest one of the test, 0 to 1. */
  public double commonest() {
    Map<Integer, Integer> counts = new HashMap<>();
    int all = 0;
    for (Example example : test) {
      for (int t = 0; t < example.length(); t++) {
        if (example.label(t) >= 0) {
          counts.merge(example.label(t), 1, Integer::sum);
          all++;
        }
      }
    }
    return counts.values().stream().mapToInt(count -> count).max().orElse(0) / (double) all;
  }

  @Override
  public String fingerprint() {
    return "%s %s, batches of %d, seed %d".formatted(task.name(), task.settings(), batchSize, seed);
  }
}
