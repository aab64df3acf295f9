package dev.saccade.plugins.sea;

import java.util.Arrays;

/**
 * One row of the estimate of a sequence, within arrays of many.
 *
 * @param weights where those of all heads begin at {@code weightsFrom}, {@code [H, M]}
 * @param gates where those of all heads begin at {@code gatesFrom}, {@code [H, 2]}
 */
@SuppressWarnings("ArrayRecordComponent") // a view
record EstimatedRow(float[] weights, int weightsFrom, float[] gates, int gatesFrom) {

  /** The gate of the sparse attention of a head. */
  float sparseGate(int head) {
    return gates[gatesFrom + 2 * head];
  }

  /** The part of the sparse attention of a head in the mixture. */
  float mixture(int head) {
    return gates[gatesFrom + 2 * head + 1];
  }

  long bytes() {
    return (long) Float.BYTES * (weights.length + gates.length);
  }

  /** The same in arrays of its own. */
  EstimatedRow copy(SeaSize size) {
    int columns = size.heads() * size.width();
    return new EstimatedRow(
        Arrays.copyOfRange(weights, weightsFrom, weightsFrom + columns),
        0,
        Arrays.copyOfRange(gates, gatesFrom, gatesFrom + 2 * size.heads()),
        0);
  }
}
