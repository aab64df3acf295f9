package dev.saccade.runtime.tasks;

import dev.saccade.runtime.model.Objective;
import java.util.Arrays;

/**
 * One sequence of a task with the answers that count. Immutable.
 *
 * <p>As everywhere in the runtime, the label of a position is what a model should expect there from
 * the tokens before; the token itself may be another.
 */
public final class Example {

  private final int[] tokens;
  private final int[] labels;

  private Example(int[] tokens, int[] labels) {
    this.tokens = tokens;
    this.labels = labels;
  }

  /**
   * A sequence whose answers are not, or not all, in it.
   *
   * @param labels as many as tokens, the first of them {@link Objective#IGNORED} as all that do not
   *     count; one at least counts
   */
  static Example of(int[] tokens, int[] labels) {
    if (labels.length != tokens.length || labels[0] >= 0) {
      throw new IllegalArgumentException(
          "labels must be as many as tokens and none at the beginning: %d tokens, labels %s"
              .formatted(tokens.length, Arrays.toString(labels)));
    }
    return new Example(tokens.clone(), labels.clone());
  }

  /** A sequence that ends with its answers. */
  static Example endingIn(int answers, int[] tokens) {
    int[] labels = new int[tokens.length];
    int first = tokens.length - answers;
    Arrays.fill(labels, 0, first, Objective.IGNORED);
    System.arraycopy(tokens, first, labels, first, answers);
    return of(tokens, labels);
  }

  /** The sequence; a copy. */
  public int[] tokens() {
    return tokens.clone();
  }

  /** How many tokens there are. */
  public int length() {
    return tokens.length;
  }

  /** What to expect at a position; below 0 where nothing counts. */
  public int label(int position) {
    return labels[position];
  }

  /** How many labels count. */
  public int answers() {
    return (int) Arrays.stream(labels).filter(label -> label >= 0).count();
  }

  /** Examples are equal if a model could not tell them apart. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Example that
        && Arrays.equals(tokens, that.tokens)
        && Arrays.equals(labels, that.labels);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(labels);
  }

  @Override
  public String toString() {
    return "%s → %s".formatted(Arrays.toString(tokens), Arrays.toString(labels));
  }
}
