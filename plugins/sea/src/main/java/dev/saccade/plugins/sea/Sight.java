package dev.saccade.plugins.sea;

import java.util.Arrays;

/** Which keys a query sees and which positions count, with a causal mask and without. */
sealed interface Sight {

  /** How many real keys a query sees: those of the lowest ranks. */
  int keys(int sequence, int position);

  /** L, the length of which a query keeps k keys, as {@link KeptColumns} counts it. */
  int length(int sequence, int position);

  /** Whether a position is {@linkplain RealPositions#rows left out}. */
  boolean leavesOut(int sequence, int position);

  /** What the sum of the {@linkplain Distillation divergences} of all queries is divided by. */
  double divergences(SeaSize size);

  /** How many of the queries of a sequence, from the first on, see no key. */
  default int blind(int sequence, int queries) {
    int blind = 0;
    while (blind < queries && keys(sequence, blind) == 0) {
      blind++;
    }
    return blind;
  }

  /**
   * Zeroes the vectors of positions left out, of {@code to − from} that begin at {@code offset}.
   */
  default void clear(int sequence, int from, int to, float[] vectors, int offset, int size) {
    for (int position = from; position < to; position++) {
      if (leavesOut(sequence, position)) {
        int at = offset + (position - from) * size;
        Arrays.fill(vectors, at, at + size, 0);
      }
    }
  }

  /** Of a causal query: itself and all before. */
  record Past(RealKeys real) implements Sight {

    @Override
    public int keys(int sequence, int position) {
      return real.rank(sequence, position);
    }

    @Override
    public int length(int sequence, int position) {
      return position + 1;
    }

    @Override
    public boolean leavesOut(int sequence, int position) {
      return real.rank(sequence, position) == 0;
    }

    @Override
    public double divergences(SeaSize size) {
      return (double) size.batch() * size.heads() * size.length();
    }
  }

  /**
   * Of every other query: the whole sequence.
   *
   * @param positions T
   */
  record Whole(RealKeys real, int positions) implements Sight {

    @Override
    public int keys(int sequence, int position) {
      return real.rank(sequence, positions - 1);
    }

    @Override
    public int length(int sequence, int position) {
      return Math.max(keys(sequence, position), 1);
    }

    @Override
    public boolean leavesOut(int sequence, int position) {
      return !real.contains(sequence, position);
    }

    @Override
    public double divergences(SeaSize size) {
      double real = 0;
      for (int sequence = 0; sequence < size.batch(); sequence++) {
        real += keys(sequence, 0);
      }
      return Math.max(real, 1);
    }
  }
}
