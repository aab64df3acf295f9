package dev.saccade.plugins.sea;

/**
 * Which column of the estimate stands for each of the keys that one query sees, and which keys are
 * thinned out: what {@link ColumnsToKeys} and {@link Thinning} say of a row, in the same float32
 * arithmetic.
 *
 * @param length L, how many keys the query sees
 */
record SeenKeys(SeaOptions options, int length) {

  /** The column of a key, which grows with its rank from 1 to L. */
  int column(int rank) {
    float middle = (rank - 0.5f) / length * options.width() - (float) ColumnsToKeys.TIE;
    return Math.max((int) Math.floor(middle), 0);
  }

  /** The lowest rank whose column is at least {@code column}; L + 1 if there is none. */
  int firstRank(int column) {
    int rank = Math.max(1, (int) ((double) column * length / options.width()));
    while (rank > 1 && column(rank - 1) >= column) {
      rank--;
    }
    while (rank <= length && column(rank) < column) {
      rank++;
    }
    return rank;
  }

  /** Whether every key under a kept column is attended to. */
  boolean allRemain() {
    return options.oversample() == 1 && options.keyRule() == KeyRule.ALL;
  }

  /**
   * Whether a key is attended to if its column is kept.
   *
   * @param position of the key in its sequence, padding included
   */
  boolean remains(int rank, int position) {
    return (options.oversample() == 1 || evenly(position))
        && (options.keyRule() == KeyRule.ALL || amongK(rank, column(rank)));
  }

  /** {@link Thinning#evenly} for one key. */
  private boolean evenly(int position) {
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
  private boolean amongK(int rank, int column) {
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
