package dev.saccade.plugins.sea;

/**
 * How large everything is in {@link SeaKernel}, and how causal attention is cut into pieces.
 * Everything here follows from shapes and options, never from the number of threads, so results do
 * not depend on that either.
 *
 * <p>A <b>row</b> of the estimate serves n = {@code estimate-every} positions. A <b>block</b> is so
 * many rows as fit a core's cache with all that is computed of them. A <b>span</b> is a run of
 * blocks that one thread takes from beginning to end. It begins {@link #lookBack} rows early, so
 * that convolutions find what they look back to, and thus needs nothing of the span before it but
 * {@linkplain RoughStates running sums}.
 *
 * @param batch B
 * @param heads H
 * @param length T, of queries and keys
 * @param headSize D
 * @param features F
 * @param strips of a head, W wide
 */
record SeaSize(
    int batch,
    int heads,
    int length,
    int headSize,
    int features,
    Strips strips,
    SeaOptions options) {

  /** Positions of a block, or one row's if those are more. */
  private static final int BLOCK_POSITIONS = 32;

  private static final int LEAST_SPAN_POSITIONS = 128;

  /** Keeps running sums small beside a long sequence. */
  private static final int MOST_SPANS = 64;

  /** Rows that are computed twice are to be few among those of a span. */
  private static final int SPAN_PER_LOOK_BACK = 4;

  /** n, the positions of one row. */
  int every() {
    return options.estimateEvery();
  }

  /** T′, the rows of the estimate. */
  int rows() {
    return ceilingOf(length, every());
  }

  /** M. */
  int width() {
    return options.width();
  }

  /** W, the columns of a strip. */
  int stripWidth() {
    return strips.width();
  }

  /** Channels of the picture, strips·H. */
  int channels() {
    return strips.perHead() * heads;
  }

  /** Words of 32 bits that hold one bit a column. */
  int words() {
    return ceilingOf(width(), Integer.SIZE);
  }

  int blockRows() {
    return Math.max(1, Math.min(BLOCK_POSITIONS, length) / every());
  }

  int blockPositions() {
    return blockRows() * every();
  }

  /** Rows that the convolutions together look back. */
  int lookBack() {
    return PictureLayout.BACK * SeaParameters.refinements(options).size();
  }

  /**
   * Rows of a span. At least 2F positions of them, for then the running sums before every span,
   * F·(2D + 1) numbers, take no more memory than the queries. With those that it begins early they
   * make whole blocks.
   */
  int spanRows() {
    int positions =
        Math.max(Math.max(LEAST_SPAN_POSITIONS, 2 * features), ceilingOf(length, MOST_SPANS));
    int wanted = Math.max(ceilingOf(positions, every()), SPAN_PER_LOOK_BACK * lookBack());
    return ceilingOf(wanted + lookBack(), blockRows()) * blockRows() - lookBack();
  }

  /** Spans of one sequence. */
  int spans() {
    return ceilingOf(rows(), spanRows());
  }

  /** The first row that a span answers for. */
  int firstRow(int span) {
    return Math.min(span * spanRows(), rows());
  }

  /** The row that a span begins to compute at. */
  int startRow(int span) {
    return Math.max(0, firstRow(span) - lookBack());
  }

  /** The row at which the next span starts; the end after the last. */
  int nextStart(int span) {
    return span + 1 < spans() ? startRow(span + 1) : rows();
  }

  /** The first position of a row; the sequence's end for the row behind the last. */
  int position(int row) {
    return (int) Math.min((long) row * every(), length);
  }

  /** What queries are multiplied by before everything. */
  float queryScale() {
    return options.scaling() == Scaling.QUERIES ? scale() : 1;
  }

  /** What scores are multiplied by. */
  float scoreScale() {
    return options.scaling() == Scaling.SCORES ? scale() : 1;
  }

  private float scale() {
    return (float) (1 / Math.sqrt(headSize));
  }

  static int ceilingOf(int a, int b) {
    return (int) (((long) a + b - 1) / b);
  }
}
