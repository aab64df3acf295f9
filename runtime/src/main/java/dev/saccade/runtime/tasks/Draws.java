package dev.saccade.runtime.tasks;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Random choices that tasks are made of. */
final class Draws {

  private Draws() {}

  /**
   * Draws distinct numbers, each equally likely, in random order.
   *
   * @param from the least
   * @param to above the greatest; at least {@code count} above {@code from}
   */
  static int[] distinct(SplittableRandom random, int from, int to, int count) {
    int[] drawn = new int[count];
    for (int i = 0; i < count; i++) {
      // Floyd would be quicker for many, but gives no random order.
      int next;
      do {
        next = random.nextInt(from, to);
      } while (contains(drawn, i, next));
      drawn[i] = next;
    }
    return drawn;
  }

  private static boolean contains(int[] drawn, int count, int number) {
    for (int i = 0; i < count; i++) {
      if (drawn[i] == number) {
        return true;
      }
    }
    return false;
  }

  /**
   * Draws an index with a probability in proportion to its weight.
   *
   * @param weights 0 or more, not all 0
   */
  static int weighted(SplittableRandom random, double[] weights) {
    double left = random.nextDouble() * Arrays.stream(weights).sum();
    int last = -1;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        last = i;
        left -= weights[i];
        if (left < 0) {
          return i;
        }
      }
    }
    // Sums are rounded: what is left over belongs to the last.
    return last;
  }
}
