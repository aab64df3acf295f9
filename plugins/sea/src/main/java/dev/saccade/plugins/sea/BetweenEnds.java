package dev.saccade.plugins.sea;

import java.util.Arrays;

/** {@link PlacedValues#betweenEnds} as a kernel computes it: where a position is, as a vector. */
record BetweenEnds(RealKeys real, Sight sight, int headSize) {

  /** Writes the vector of one position from {@code at} on; zero where it is left out. */
  void write(int sequence, int position, float[] into, int at) {
    Arrays.fill(into, at, at + headSize, 0);
    if (sight.leavesOut(sequence, position)) {
      return;
    }
    int span = Math.max(sight.keys(sequence, position) - 1, 1);
    double along =
        (double) (real.rank(sequence, position) - 1) / span * (headSize - 1); // 0 … D − 1
    int below = (int) along;
    into[at + below] = (float) (1 - (along - below));
    if (below + 1 < headSize) {
      into[at + below + 1] = (float) (along - below);
    }
  }
}
