package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;
import java.util.Optional;

/** Which positions of every sequence are real keys: {@link RealPositions} as a kernel counts. */
final class RealKeys {

  private final int[][] positions; // of every real key, ascending; empty if all are real
  private final int[][] ranks; // real keys up to each position, itself included

  private RealKeys(int[][] positions, int[][] ranks) {
    this.positions = positions;
    this.ranks = ranks;
  }

  /**
   * @param real one for real, zero for padding, {@code [B, S]}; empty if all are real
   */
  static RealKeys of(int batch, int length, Optional<Tensor> real) {
    if (real.isEmpty()) {
      return new RealKeys(new int[0][], new int[0][]);
    }
    int[][] positions = new int[batch][length];
    int[][] ranks = new int[batch][length];
    float[] row = new float[length];
    for (int sequence = 0; sequence < batch; sequence++) {
      real.get().read((long) sequence * length, row, 0, length);
      int count = 0;
      for (int position = 0; position < length; position++) {
        if (row[position] != 0) {
          positions[sequence][count++] = position;
        }
        ranks[sequence][position] = count;
      }
    }
    return new RealKeys(positions, ranks);
  }

  /** Whether no sequence has padding. */
  boolean all() {
    return positions.length == 0;
  }

  /** How many real keys there are up to a position, itself included. */
  int rank(int sequence, int position) {
    return all() ? position + 1 : ranks[sequence][position];
  }

  /** Where the real key of a rank, from 1 on, stands. */
  int position(int sequence, int rank) {
    return all() ? rank - 1 : positions[sequence][rank - 1];
  }

  /** Whether a position is real. */
  boolean contains(int sequence, int position) {
    return all() || rank(sequence, position) > (position == 0 ? 0 : rank(sequence, position - 1));
  }

  /** How many of the positions from {@code from} on see no key, since only padding is before. */
  int blind(int sequence, int from, int to) {
    int blind = 0;
    while (from + blind < to && rank(sequence, from + blind) == 0) {
      blind++;
    }
    return blind;
  }
}
