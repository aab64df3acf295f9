package dev.saccade.plugins.sea;

/**
 * How the rows of an estimate that looks around are cut into windows, a task each. The painting
 * halves rows, so windows are counted in <b>pairs</b> of them: pair p is rows 2p and 2p + 1. A
 * window sees some pairs more on either side, which its neighbours compute again.
 *
 * @param rows T′
 */
record Windows(int rows) {

  /** Pairs of a window. */
  static final int PAIRS = 64;

  static Windows of(SeaSize size) {
    return new Windows(size.rows());
  }

  /** R, the pairs of the whole sequence, of which the last may lack its second row. */
  int pairs() {
    return (rows + 1) / 2;
  }

  /** Windows of a sequence. */
  int count() {
    return SeaSize.ceilingOf(pairs(), PAIRS);
  }

  int firstPair(int window) {
    return window * PAIRS;
  }

  int endPair(int window) {
    return Math.min(firstPair(window) + PAIRS, pairs());
  }

  /** The first row of a pair; the end for the pair behind the last. */
  int row(int pair) {
    return Math.min(2 * pair, rows);
  }

  /**
   * How much of the next painted row is in a row, where an odd number of rows is squeezed out of
   * one row more: pixel centres aligned, as {@link Stretch#blend}.
   */
  float shareOfNext(int row) {
    return (float) ((row + 0.5) / rows);
  }
}
