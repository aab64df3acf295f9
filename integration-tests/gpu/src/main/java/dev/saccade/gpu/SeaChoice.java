package dev.saccade.gpu;

import java.util.stream.IntStream;

/**
 * Which columns every query keeps: of all heads together the max(1, rint(H·k·M/L)) greatest, with L
 * the length that it knows of.
 *
 * @param kept {@code [B, H, T, M]}
 * @param gaps {@code [B, T]}: how far the last that is kept is above the first that is not, as
 *     logarithms
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaChoice(boolean[] kept, double[] gaps) {

  /**
   * @param logs {@code [B, H, T, M]}, on one scale for all heads
   */
  static SeaChoice of(SeaReference reference, double[] logs) {
    Sizes sizes = reference.in.sizes();
    int queries = sizes.batch() * sizes.length();
    SeaChoice choice =
        new SeaChoice(new boolean[sizes.rows() * reference.width], new double[queries]);
    Parallel.forEach(queries, query -> choice.choose(reference, logs, query));
    return choice;
  }

  private void choose(SeaReference reference, double[] logs, int query) {
    int b = query / reference.length;
    int t = query % reference.length;
    if (reference.leftOut(b, t)) {
      gaps[query] = Double.POSITIVE_INFINITY;
      return;
    }
    int[] entries = // of all heads, the greatest first; the earlier, of equal ones
        IntStream.range(0, reference.heads * reference.width)
            .map(entry -> at(reference, b, t, entry))
            .boxed()
            .sorted((i, j) -> Double.compare(logs[j], logs[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = (int) Math.min(count(reference, b, t), entries.length);
    for (int i = 0; i < count; i++) {
      kept[entries[i]] = true;
    }
    gaps[query] =
        count == entries.length
            ? Double.POSITIVE_INFINITY
            : logs[entries[count - 1]] - logs[entries[count]];
  }

  /** Where entry h·M + m of a query is. */
  private static int at(SeaReference reference, int b, int t, int entry) {
    int width = reference.width;
    int row = (b * reference.heads + entry / width) * reference.length + t;
    return row * width + entry % width;
  }

  /** In the float32 of the definition. */
  private static long count(SeaReference reference, int b, int t) {
    float columns = (float) ((double) reference.in.kept() * reference.width);
    float each = columns / reference.lengthKnown(b, t);
    return Math.max((long) Math.rint(each * reference.heads), 1);
  }
}
