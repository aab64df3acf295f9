package dev.saccade.plugins.sea;

import java.util.Arrays;

/**
 * The real keys of one sequence so far, and which of them a column of the estimate stands for: what
 * {@link ColumnsToKeys} and {@link Thinning} say of the last row, in the same float32 arithmetic.
 */
final class DecodedKeys {

  /** Says that a key is dropped whatever its column. */
  private static final int DROPPED = -1;

  /** Of every real key, ascending; empty while all positions are real. */
  private int[] positions = new int[0];

  private int length; // L

  DecodedKeys() {}

  private DecodedKeys(DecodedKeys original) {
    this.positions = original.positions.clone();
    this.length = original.length;
  }

  DecodedKeys copy() {
    return new DecodedKeys(this);
  }

  /** Takes a real key. */
  void add(int position) {
    boolean all = positions.length == 0;
    if (all && position > length) {
      positions = new int[2 * (length + 1)]; // the first after padding
      Arrays.setAll(positions, i -> i);
    } else if (!all && length == positions.length) {
      positions = Arrays.copyOf(positions, 2 * length);
    }
    if (positions.length > 0) {
      positions[length] = position;
    }
    length++;
  }

  /** L, how many there are. */
  int length() {
    return length;
  }

  /** Where the real key of a rank, from 1 on, stands. */
  int position(int rank) {
    return positions.length == 0 ? rank - 1 : positions[rank - 1];
  }

  /** The column of every real key, {@code [L]}; negative for a key that is thinned out. */
  int[] columns(SeaOptions options) {
    SeenKeys seen = new SeenKeys(options, length);
    int[] columns = new int[length];
    for (int rank = 1; rank <= length; rank++) {
      columns[rank - 1] = seen.remains(rank, position(rank)) ? seen.column(rank) : DROPPED;
    }
    return columns;
  }

  long bytes() {
    return (long) Integer.BYTES * positions.length;
  }
}
