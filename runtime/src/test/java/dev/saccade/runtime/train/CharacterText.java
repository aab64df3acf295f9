package dev.saccade.runtime.train;

import dev.saccade.runtime.text.BlockOrder;
import dev.saccade.runtime.text.Corpus;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The first addresses of the embedded corpus, and another one, to guess the next character of. */
public final class CharacterText implements TrainingData<CharacterBatch> {

  static final int WINDOW = 8;

  /** Printable ASCII, and one for everything else. */
  static final int CHARACTERS = 96;

  private static final int VALIDATION_BATCHES = 11;

  private final int[] training;
  private final int[] validation;
  private final int batchSize;
  private final BlockOrder order;
  private int epoch = -1;
  private int[] starts = {};

  public CharacterText(int batchSize, long seed) {
    List<String> texts =
        Corpus.stateOfTheUnion().documents().stream().map(document -> document.text()).toList();
    this.training = characters(String.join(" ", texts.subList(0, 5)));
    this.validation = characters(texts.get(5));
    this.batchSize = batchSize;
    this.order = new BlockOrder(training.length - WINDOW, seed);
  }

  private static int[] characters(String text) {
    return text.chars().map(c -> c >= ' ' && c <= '~' ? c - ' ' + 1 : 0).toArray();
  }

  @Override
  public int batches() {
    return (training.length - WINDOW) / batchSize;
  }

  @Override
  public CharacterBatch batch(int epoch, int index) {
    if (this.epoch != epoch) {
      this.epoch = epoch;
      starts = order.epoch(epoch);
    }
    return batch(training, Arrays.copyOfRange(starts, index * batchSize, (index + 1) * batchSize));
  }

  @Override
  public List<CharacterBatch> validation() {
    return IntStream.range(0, VALIDATION_BATCHES)
        .mapToObj(
            batch ->
                batch(
                    validation,
                    IntStream.range(0, batchSize).map(i -> batch * batchSize + i).toArray()))
        .toList();
  }

  private static CharacterBatch batch(int[] text, int[] starts) {
    int[][] contexts = new int[starts.length][WINDOW];
    int[] next = new int[starts.length];
    for (int i = 0; i < starts.length; i++) {
      System.arraycopy(text, starts[i], contexts[i], 0, WINDOW);
      next[i] = text[starts[i] + WINDOW];
    }
    return new CharacterBatch(contexts, next);
  }

  @Override
  public String fingerprint() {
    return "first addresses, batches of " + batchSize;
  }
}
