package dev.saccade.plugins.sea;

import java.util.Arrays;

/**
 * Finds the k-th greatest of some weights exactly, without sorting them: counts how many fall into
 * each bin of their leading bits, and sorts only the bin in which the k-th lies. For weights that
 * are not negative the order of float32 is that of their bits.
 *
 * <p>Of equal weights the first are kept. To use by one thread.
 */
final class ColumnCut {

  /** Sign, exponent and three digits: eight bins from one power of two to the next. */
  private static final int BIN_SHIFT = 20;

  private final int[] counts = new int[1 << (Integer.SIZE - BIN_SHIFT)];
  private final int[] bin;
  private float threshold;
  private int equals;

  /**
   * @param most the most weights that are cut at once
   */
  ColumnCut(int most) {
    this.bin = new int[most];
  }

  /**
   * How many columns are kept for a query: of all heads together, or of each, as {@link
   * KeptColumns} says.
   *
   * @param positions L, padding included
   */
  static int count(SeaOptions options, int heads, int positions) {
    float columns = (float) ((double) options.kept() * options.oversample() * options.width());
    float each = columns / positions; // k·M/L
    boolean together = options.grouping() == Grouping.CAUSAL_BATCH;
    return Math.max((int) Math.rint(together ? each * heads : each), 1);
  }

  /** Begins to keep the {@code kept} greatest of {@code weights[from] … weights[to − 1]}. */
  void begin(float[] weights, int from, int to, int kept) {
    if (kept >= to - from) {
      threshold = Float.NEGATIVE_INFINITY;
      equals = 0;
      return;
    }
    Arrays.fill(counts, 0);
    for (int i = from; i < to; i++) {
      counts[Float.floatToRawIntBits(weights[i]) >>> BIN_SHIFT]++;
    }
    int chosen = counts.length;
    int above = 0;
    do {
      above += counts[--chosen];
    } while (above < kept);
    above -= counts[chosen];
    int size = 0;
    for (int i = from; i < to; i++) {
      int bits = Float.floatToRawIntBits(weights[i]);
      if (bits >>> BIN_SHIFT == chosen) {
        bin[size++] = bits;
      }
    }
    Arrays.sort(bin, 0, size);
    int last = size - (kept - above);
    threshold = Float.intBitsToFloat(bin[last]);
    equals = 1;
    while (last + equals < size && bin[last + equals] == bin[last]) {
      equals++;
    }
  }

  /** Whether a weight is kept; to be asked of each once, in order. */
  boolean keeps(float weight) {
    return weight > threshold || (weight == threshold && equals-- > 0);
  }
}
