package dev.saccade.plugins.sea;

import java.util.Arrays;

/**
 * The real keys of one sequence so far, and which of them a column of the estimate stands for: what
 * {@link ColumnsToKeys} and {@link Thinning} say of the last row, in the same float32 arithmetic.
 */
final class DecodedKeys {

  /** Says that a key is dropped whatever its column. */
  private static final int DROPPED = -1;

  private int[] positions; // of every real key, ascending
  private int length; // L

  DecodedKeys() {
    this.positions = new int[16];
  }

  private DecodedKeys(DecodedKeys original) {
    this.positions = original.positions.clone();
    this.length = original.length;
  }

  DecodedKeys copy() {
    return new DecodedKeys(this);
  }

  /** Takes a real key. */
  void add(int position) {
    if (length == positions.length) {
      positions = Arrays.copyOf(positions, 2 * length);
    }
    positions[length++] = position;
  }

  /** L, how many there are. */
  int length() {
    return length;
  }

  /** The column of every real key, {@code [L]}; negative for a key that is thinned out. */
  int[] columns(SeaOptions options) {
    int[] columns = new int[length];
    for (int rank = 1; rank <= length; rank++) {
      float middle = (rank - 0.5f) / length * options.width() - (float) ColumnsToKeys.TIE;
      int column = Math.max((int) Math.floor(middle), 0);
      boolean remains =
          (options.oversample() == 1 || evenly(options, positions[rank - 1]))
              && (options.keyRule() == KeyRule.ALL || amongK(options, rank, column));
      columns[rank - 1] = remains ? column : DROPPED;
    }
    return columns;
  }

  /** {@link Thinning#evenly} for one key. */
  private boolean evenly(SeaOptions options, int position) {
    float oversample = (float) options.oversample();
    float k = options.kept();
    float most = (float) Math.rint(k * oversample);
    float spacing = Math.min(Math.max(length, k), most) / k;
    float places = Math.max((float) Math.rint(length / oversample), 1);
    float at = (position + 1f) / length * places;
    float near = 1 / spacing * 0.5f + (float) ColumnsToKeys.TIE;
    return Math.abs(at - (float) Math.rint(at)) <= near;
  }

  /** {@link Thinning#toAtMostK} for one key. */
  private boolean amongK(SeaOptions options, int rank, int column) {
    float perColumn = (float) length / options.width();
    float begin = (float) Math.floor(column * perColumn + 0.5f);
    float end = (float) Math.floor((column + 1) * perColumn + 0.5f);
    float n = Math.max(end - begin, 1);
    float few = Math.min(n, options.kept());
    float step = n / few;
    float distance = end - rank;
    float nearest = (float) Math.ceil(distance / step);
    for (int off = -1; off <= 1; off++) {
      float i = nearest + off;
      if (i < few && Math.floor(i * step) == distance) {
        return true;
      }
    }
    return false;
  }
}
