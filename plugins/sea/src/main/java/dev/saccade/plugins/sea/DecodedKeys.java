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
    SeenKeys seen = new SeenKeys(options, length);
    int[] columns = new int[length];
    for (int rank = 1; rank <= length; rank++) {
      columns[rank - 1] = seen.remains(rank, positions[rank - 1]) ? seen.column(rank) : DROPPED;
    }
    return columns;
  }
}
