package dev.saccade.plugins.sea;

import java.util.Arrays;

/**
 * Keeps the greatest columns of each query by itself: those of all heads together, or of every
 * head. To use by one thread.
 */
final class KeptOfQuery {

  private final SeaSize size;
  private final Sight sight;
  private final KeptBits kept;
  private final ColumnCut cut;
  private final int[] words;

  KeptOfQuery(SeaRun run, KeptBits kept) {
    this.size = run.size();
    this.sight = run.sight();
    this.kept = kept;
    this.cut = new ColumnCut(size.heads() * size.width());
    this.words = new int[size.words()];
  }

  /**
   * Keeps the greatest for one query.
   *
   * @param from where the weights of its row's first head begin; the other heads' follow
   */
  void keep(int sequence, int position, float[] weights, int from) {
    int width = size.width();
    int heads = size.heads();
    int together = size.options().grouping() == Grouping.CAUSAL_BATCH ? heads : 1;
    int count = (int) KeptCount.of(size.options(), heads, sight.length(sequence, position));
    boolean leftOut = sight.leavesOut(sequence, position);
    int next = 0; // of those kept
    for (int head = 0; head < heads; head++) {
      int inGroup = head % together;
      if (inGroup == 0) {
        int first = from + head * width;
        cut.cut(weights, first, first + together * width, count);
        next = 0;
      }
      Arrays.fill(words, 0);
      for (; next < cut.count() && cut.column(next) < (inGroup + 1) * width; next++) {
        int column = cut.column(next) - inGroup * width;
        if (!leftOut) {
          words[column / Integer.SIZE] |= 1 << column;
        }
      }
      kept.writeColumns(sequence, head, position, words);
    }
  }
}
