package dev.saccade.plugins.sea;

/** The keys under the kept columns of one query of one head. To use by one thread. */
final class KeptKeys {

  private final SeaSize size;
  private final RealKeys real;
  private final Sight sight;
  private final int[] words;
  private final int[] index;
  private int count;

  KeptKeys(SeaRun run) {
    this.size = run.size();
    this.real = run.real();
    this.sight = run.sight();
    this.words = new int[size.words()];
    this.index = new int[size.length()];
  }

  /** Their positions, ascending; as many as {@link #count}. */
  int[] index() {
    return index;
  }

  int count() {
    return count;
  }

  /** Looks them up. Neighbouring columns that are kept are one range of keys. */
  void find(KeptBits kept, int sequence, int head, int position) {
    kept.readColumns(sequence, head, position, words);
    count = 0;
    SeenKeys seen = new SeenKeys(size.options(), sight.keys(sequence, position));
    for (int column = next(0, 0); column < size.width(); ) {
      int end = next(column, ~0);
      add(seen, sequence, seen.firstRank(column), seen.firstRank(end));
      column = next(end, 0);
    }
  }

  /**
   * The first column from {@code from} on whose bit differs from those of {@code like}; M if none.
   */
  private int next(int from, int like) {
    int column = from;
    while (column < size.width()) {
      int differing = (words[column / Integer.SIZE] ^ like) >>> column;
      if (differing != 0) {
        return Math.min(column + Integer.numberOfTrailingZeros(differing), size.width());
      }
      column = (column / Integer.SIZE + 1) * Integer.SIZE;
    }
    return size.width();
  }

  private void add(SeenKeys seen, int sequence, int from, int to) {
    boolean all = seen.allRemain();
    for (int rank = from; rank < to; rank++) {
      int position = real.position(sequence, rank);
      if (all || seen.remains(rank, position)) {
        index[count++] = position;
      }
    }
  }
}
