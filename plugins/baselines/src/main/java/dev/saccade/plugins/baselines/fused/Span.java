package dev.saccade.plugins.baselines.fused;

/**
 * Consecutive positions of a sequence, at least one.
 *
 * @param first the first of them
 * @param to one after the last
 */
record Span(int first, int to) {

  /** The positions from {@code first} on, {@code most} of them or as many as there are. */
  static Span from(int first, int most, int length) {
    return new Span(first, Math.min(first + most, length));
  }

  int count() {
    return to - first;
  }

  int last() {
    return to - 1;
  }
}
