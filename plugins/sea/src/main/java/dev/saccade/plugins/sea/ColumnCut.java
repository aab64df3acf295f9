package dev.saccade.plugins.sea;

/**
 * Finds the k greatest of some weights exactly, without sorting them. Most are far below the k-th:
 * they are passed over by a floor of half the last k-th, since queries side by side cut at about
 * the same weight. Should too few reach the floor, all compete.
 *
 * <p>Weights are not negative, so their order is that of their bits; NaN is above all. Of equal
 * weights the first are kept. To use by one thread.
 */
final class ColumnCut {

  private static final float FLOOR_PER_THRESHOLD = 0.5f;

  private final int[] columns; // of those that compete, then of those kept; ascending
  private final int[] bits; // of those that compete
  private final int[] order; // the same, partly sorted
  private float floor;
  private int count;

  /**
   * @param most the most weights that are cut at once
   */
  ColumnCut(int most) {
    this.columns = new int[most];
    this.bits = new int[most];
    this.order = new int[most];
  }

  /** Finds the {@code kept} greatest, or all, of {@code weights[from] … weights[to − 1]}. */
  void cut(float[] weights, int from, int to, int kept) {
    if (kept >= to - from) {
      count = to - from;
      for (int i = 0; i < count; i++) {
        columns[i] = i;
      }
      return;
    }
    int competing = reaching(weights, from, to, floor);
    if (competing < kept) {
      competing = reaching(weights, from, to, Float.NEGATIVE_INFINITY);
    }
    System.arraycopy(bits, 0, order, 0, competing);
    int threshold = greatest(competing, kept);
    floor = FLOOR_PER_THRESHOLD * Float.intBitsToFloat(threshold);
    keep(competing, threshold, kept);
  }

  /** How many are kept. */
  int count() {
    return count;
  }

  /** The i-th that is kept, counted from {@code from}; ascending. */
  int column(int i) {
    return columns[i];
  }

  private int reaching(float[] weights, int from, int to, float least) {
    int n = 0;
    for (int i = from; i < to; i++) {
      if (!(weights[i] < least)) {
        columns[n] = i - from;
        bits[n] = Float.floatToRawIntBits(weights[i]);
        n++;
      }
    }
    return n;
  }

  /** Keeps all above the threshold, and as many equal to it as there is room for. */
  private void keep(int competing, int threshold, int kept) {
    int above = 0;
    for (int i = 0; i < competing; i++) {
      above += bits[i] > threshold ? 1 : 0;
    }
    int equals = kept - above;
    count = 0;
    for (int i = 0; i < competing; i++) {
      if (bits[i] > threshold || (bits[i] == threshold && equals-- > 0)) {
        columns[count++] = columns[i];
      }
    }
  }

  /** The k-th greatest of {@code order}: Hoare, Find, Communications of the ACM 4, 1961. */
  private int greatest(int competing, int k) {
    int low = 0;
    int high = competing - 1;
    while (low < high) {
      int pivot = median(order[low], order[(low + high) >>> 1], order[high]);
      int i = low;
      int j = high;
      while (i <= j) {
        while (order[i] > pivot) {
          i++;
        }
        while (order[j] < pivot) {
          j--;
        }
        if (i <= j) {
          int swapped = order[i];
          order[i++] = order[j];
          order[j--] = swapped;
        }
      }
      if (k - 1 <= j) {
        high = j;
      } else if (k - 1 >= i) {
        low = i;
      } else {
        return pivot;
      }
    }
    return order[k - 1];
  }

  private static int median(int a, int b, int c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
