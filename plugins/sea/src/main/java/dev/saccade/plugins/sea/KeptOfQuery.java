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
    boolean leftOut = sight.leavesOut(sequence, position);
    boolean together = size.options().grouping() == Grouping.CAUSAL_BATCH;
    int count = (int) KeptCount.of(size.options(), size.heads(), sight.length(sequence, position));
    if (together) {
      cut.begin(weights, from, from + size.heads() * width, count);
    }
    for (int head = 0; head < size.heads(); head++) {
      int ofHead = from + head * width;
      if (!together) {
        cut.begin(weights, ofHead, ofHead + width, count);
      }
      Arrays.fill(words, 0);
      for (int column = 0; column < width; column++) {
        if (cut.keeps(weights[ofHead + column]) && !leftOut) {
          words[column / Integer.SIZE] |= 1 << column;
        }
      }
      kept.writeColumns(sequence, head, position, words);
    }
  }
}
