package dev.saccade.plugins.sea;

/**
 * How much weight the estimate gives each column, over all queries that are not left out. Windows
 * are summed by themselves, on any thread, and then in order.
 */
final class ColumnSums {

  private final SeaSize size;
  private final Sight sight;
  private final int windows;
  private final double[][] ofWindows; // [B·windows][H·M]

  ColumnSums(SeaRun run) {
    this.size = run.size();
    this.sight = run.sight();
    this.windows = Windows.of(size).count();
    this.ofWindows = new double[size.batch() * windows][size.heads() * size.width()];
  }

  /** Adds a row of all heads, which begins at {@code at}. */
  void add(int sequence, int window, int row, float[] weights, int at) {
    int queries = queries(size, sight, sequence, row);
    double[] sums = ofWindows[sequence * windows + window];
    for (int i = 0; i < sums.length; i++) {
      sums[i] += (double) queries * weights[at + i];
    }
  }

  /** How many queries that are not left out a row of the estimate serves. */
  static int queries(SeaSize size, Sight sight, int sequence, int row) {
    int queries = 0;
    for (int position = size.position(row); position < size.position(row + 1); position++) {
      queries += sight.leavesOut(sequence, position) ? 0 : 1;
    }
    return queries;
  }

  /** Means over all queries, those left out included as zeros, {@code [B·H, M]}. */
  double[] means() {
    int ofSequence = size.heads() * size.width();
    double[] means = new double[size.batch() * ofSequence];
    for (int task = 0; task < ofWindows.length; task++) {
      for (int i = 0; i < ofSequence; i++) {
        means[task / windows * ofSequence + i] += ofWindows[task][i];
      }
    }
    for (int i = 0; i < means.length; i++) {
      means[i] /= size.length();
    }
    return means;
  }
}
