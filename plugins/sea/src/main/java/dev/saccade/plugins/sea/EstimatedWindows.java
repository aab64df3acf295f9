package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;
import java.util.function.Supplier;

/**
 * The estimate where a query sees the whole sequence, window by window, as often as it takes to
 * choose among its columns: once if every query chooses by itself, three times if all queries share
 * the places. That is more work, and less memory than an estimate that is kept.
 */
final class EstimatedWindows {

  /** Sees rows of the estimate. One a thread. */
  interface Reader {

    /**
     * Sees a row.
     *
     * @param weights of the row's first head, from {@code at} on; the other heads' follow
     */
    void read(int sequence, int window, int row, float[] weights, int at);
  }

  private final SeaRun run;
  private final KernelCall call;
  private final RoughTotals totals;
  private final AroundWeights weights;
  private final KeptBits kept;

  private EstimatedWindows(SeaRun run, KernelCall call, RoughTotals totals, KeptBits kept) {
    this.run = run;
    this.call = call;
    this.totals = totals;
    this.weights = AroundWeights.of(run, call);
    this.kept = kept;
  }

  /** Estimates all rows of all sequences. */
  static Estimated<AverageOfAll> estimate(SeaRun run, KernelCall call, RoughTotals totals) {
    KeptBits kept = new KeptBits(call, run.size());
    EstimatedWindows windows = new EstimatedWindows(run, call, totals, kept);
    ColumnSums sums = new ColumnSums(run);
    Grouping grouping = run.size().options().grouping();
    if (grouping == Grouping.HEAD || grouping == Grouping.BATCH) {
      KeptOfGroup.keep(run, call, windows, kept, sums);
    } else {
      windows.read(
          0,
          run.size().batch(),
          () -> {
            KeptOfQuery ofQuery = new KeptOfQuery(run, kept);
            return (sequence, window, row, estimate, at) -> {
              sums.add(sequence, window, row, estimate, at);
              for (int p = run.size().position(row); p < run.size().position(row + 1); p++) {
                ofQuery.keep(sequence, p, estimate, at);
              }
            };
          });
    }
    return new Estimated<>(kept, AverageOfAll.of(run, sums.means()));
  }

  /** Shows every row of some sequences to readers, each window's in order. */
  void read(int firstSequence, int sequences, Supplier<Reader> readers) {
    int count = Windows.of(run.size()).count();
    call.parallel(
        sequences * count,
        () ->
            new Worker(new EncodedWindow(run, call, weights, totals, Windows.PAIRS), readers.get()),
        (worker, task) -> window(worker, firstSequence + task / count, task % count));
  }

  private record Worker(EncodedWindow window, Reader reader) {}

  private void window(Worker worker, int sequence, int window) {
    SeaSize size = run.size();
    Windows windows = worker.window().windows();
    int first = windows.row(windows.firstPair(window));
    int end = windows.row(windows.endPair(window));
    worker
        .window()
        .paint(
            sequence,
            windows.firstPair(window),
            windows.endPair(window),
            (from, to, gates) -> {
              for (int row = Math.max(from, first); row < Math.min(to, end); row++) {
                for (int head = 0; head < size.heads(); head++) {
                  int at = (row - from) * size.heads() + head;
                  kept.writeGates(sequence, head, row, gates, 2 * at);
                }
              }
            });
    for (int from = first; from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      Block estimate = worker.window().estimate(from, to);
      for (int row = from; row < to; row++) {
        int at = estimate.at((row - from) * size.heads(), 0);
        worker.reader().read(sequence, window, row, estimate.data(), at);
      }
    }
  }
}
