package dev.saccade.plugins.sea;

/**
 * How the keys of a head are cut into spans to be summed: at least 2F positions each, for then the
 * sums, F·(2D + 1) numbers, take no more memory than the keys.
 *
 * @param length T
 * @param positions of a span
 */
record KeySpans(int length, int positions) {

  private static final int LEAST = 128;

  private static final int MOST_SPANS = 64;

  static KeySpans of(SeaSize size) {
    int wanted = Math.max(LEAST, 2 * size.features());
    return new KeySpans(
        size.length(), Math.max(wanted, SeaSize.ceilingOf(size.length(), MOST_SPANS)));
  }

  /** Of so many rows, cut in the same way. */
  KeySpans over(int rows) {
    return new KeySpans(rows, positions);
  }

  int count() {
    return SeaSize.ceilingOf(length, positions);
  }

  int first(int span) {
    return span * positions;
  }

  int end(int span) {
    return Math.min(first(span) + positions, length);
  }
}
