package dev.saccade.plugins.sea;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Which columns of one row of the estimate are kept, as {@link KeptColumns} says, and the keys
 * under them.
 */
final class DecodedColumns {

  private final boolean[][] alive; // [H][M]
  private final int[] columnOfKey; // negative if the key is thinned out

  private DecodedColumns(boolean[][] alive, int[] columnOfKey) {
    this.alive = alive;
    this.columnOfKey = columnOfKey;
  }

  /**
   * @param estimate {@code [H][M]}
   * @param positions how many there are with the present one, padding included
   */
  static DecodedColumns of(
      SeaOptions options, double[][] estimate, DecodedKeys real, int positions) {
    boolean[][] alive = new boolean[estimate.length][options.width()];
    int count = (int) KeptCount.of(options, estimate.length, positions);
    if (real.length() > 0 && options.grouping() == Grouping.QUERY) {
      for (int head = 0; head < alive.length; head++) {
        keepGreatest(new double[][] {estimate[head]}, count, new boolean[][] {alive[head]});
      }
    } else if (real.length() > 0) {
      keepGreatest(estimate, count, alive);
    }
    return new DecodedColumns(alive, real.columns(options));
  }

  /** The numbers of the real keys that a head keeps, ascending. */
  int[] keys(int head) {
    return IntStream.range(0, columnOfKey.length)
        .filter(key -> columnOfKey[key] >= 0 && alive[head][columnOfKey[key]])
        .toArray();
  }

  /** Of equal estimates the first is kept. */
  private static void keepGreatest(double[][] rows, int count, boolean[][] alive) {
    int width = rows[0].length;
    int[] order =
        IntStream.range(0, rows.length * width)
            .boxed()
            .sorted(
                (a, b) -> Double.compare(rows[b / width][b % width], rows[a / width][a % width]))
            .mapToInt(Integer::intValue)
            .toArray();
    Arrays.stream(order).limit(count).forEach(entry -> alive[entry / width][entry % width] = true);
  }
}
