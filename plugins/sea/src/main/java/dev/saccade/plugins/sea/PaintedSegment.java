package dev.saccade.plugins.sea;

/**
 * Some rows of the picture that are painted together, and those around them that they depend on or
 * that depend on them: convolutions look back so far, and gradients come from as far ahead.
 *
 * @param start the first row that is painted, for the ones after it to look back to
 * @param from the first row that is answered for
 * @param to the row behind the last of those
 * @param end the row behind the last that looks back to one of them
 */
record PaintedSegment(int sequence, int start, int from, int to, int end) {

  private static final int ROWS = 64;

  /** Rows that are computed twice are to be few among those of a segment. */
  private static final int ROWS_PER_LOOK_BACK = 6;

  private static int rows(SeaSize size) {
    return Math.max(ROWS, ROWS_PER_LOOK_BACK * size.lookBack());
  }

  /** The most rows from start to end. */
  static int mostRows(SeaSize size) {
    return Math.min(rows(size) + 2 * size.lookBack(), size.rows());
  }

  /** How many segments all sequences have together. */
  static int count(SeaSize size) {
    return size.batch() * ofSequence(size);
  }

  private static int ofSequence(SeaSize size) {
    return SeaSize.ceilingOf(size.rows(), rows(size));
  }

  static PaintedSegment of(SeaSize size, int number) {
    int from = number % ofSequence(size) * rows(size);
    int to = Math.min(from + rows(size), size.rows());
    return new PaintedSegment(
        number / ofSequence(size),
        Math.max(from - size.lookBack(), 0),
        from,
        to,
        Math.min(to + size.lookBack(), size.rows()));
  }
}
