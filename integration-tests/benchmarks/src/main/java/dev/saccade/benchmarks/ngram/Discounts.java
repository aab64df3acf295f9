package dev.saccade.benchmarks.ngram;

import java.util.stream.IntStream;

/**
 * What is taken from the counts of n-grams, for those that were never seen (Chen and Goodman 1998,
 * section 3.4).
 *
 * @param once from a count of one
 * @param twice from a count of two
 * @param oftener from greater counts
 */
record Discounts(double once, double twice, double oftener) {

  /** Where the counts of a short text give none; KenLM's, which it takes so too. */
  static final Discounts FALLBACK = new Discounts(0.5, 1, 1.5);

  private static final int GREATEST = 4;

  /**
   * What leaves out one n-gram at a time would give, from how many n-grams were counted once, twice
   * and so on; {@link #FALLBACK} if there are none of these, or so few that it makes no sense.
   */
  static Discounts of(IntStream counts) {
    long[] of = new long[GREATEST + 1];
    counts.filter(count -> count <= GREATEST).forEach(count -> of[count]++);
    double y = of[1] / (of[1] + 2.0 * of[2]);
    double[] discounts =
        IntStream.range(1, GREATEST)
            .mapToDouble(count -> count - (count + 1) * y * of[count + 1] / of[count])
            .toArray();
    for (int i = 0; i < discounts.length; i++) {
      // Without a greater count this one would lose all it has.
      boolean known = of[i + 1] > 0 && of[i + 2] > 0;
      if (!known || discounts[i] < 0) {
        return FALLBACK;
      }
    }
    return new Discounts(discounts[0], discounts[1], discounts[2]);
  }

  /** What is taken from a count. */
  double of(int count) {
    return switch (count) {
      case 0 -> 0;
      case 1 -> once;
      case 2 -> twice;
      default -> oftener;
    };
  }
}
