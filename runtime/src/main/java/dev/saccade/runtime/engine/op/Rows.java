package dev.saccade.runtime.engine.op;

import java.util.stream.IntStream;

/**
 * Splits the rows of an array among threads.
 *
 * <p>The split depends on the shape alone, never on the number of threads, so sums over rows come
 * out the same bit for bit whoever adds them.
 */
final class Rows {

  /** Small enough for a core's cache, large enough to be worth a hand-over. */
  private static final int ELEMENTS_A_CHUNK = 1 << 14;

  /** Below this, another thread would wake up too late to help. */
  private static final long ELEMENTS_WORTH_THREADS = 1 << 16;

  private final boolean parallel;

  Rows(int threads) {
    this.parallel = threads > 1;
  }

  /** What to do with the rows from {@code first} to before {@code end}, the chunk-th stretch. */
  @FunctionalInterface
  interface Work {
    void on(int chunk, long first, long end);
  }

  static int chunks(long rows, int rowLength) {
    long rowsAChunk = rowsAChunk(rowLength);
    return Math.toIntExact((rows + rowsAChunk - 1) / rowsAChunk);
  }

  private static long rowsAChunk(int rowLength) {
    return Math.max(1, ELEMENTS_A_CHUNK / Math.max(1, rowLength));
  }

  /** Does the work on all rows, and returns when it is done. */
  void split(long rows, int rowLength, Work work) {
    IntStream chunks = IntStream.range(0, chunks(rows, rowLength));
    if (parallel && rows * rowLength >= ELEMENTS_WORTH_THREADS) {
      chunks = chunks.parallel();
    }
    long rowsAChunk = rowsAChunk(rowLength);
    chunks.forEach(
        chunk -> {
          long first = chunk * rowsAChunk;
          work.on(chunk, first, Math.min(rows, first + rowsAChunk));
        });
  }
}
