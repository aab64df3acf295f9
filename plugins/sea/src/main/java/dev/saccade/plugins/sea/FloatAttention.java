package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.BlockMath;
import java.util.List;

/**
 * {@link SparseAttention} of single queries to the keys under their greatest columns, mixed with
 * the {@link AverageContext}. To use by one thread.
 */
final class FloatAttention {

  private final SeaSize size;
  private final List<FloatHead> heads;
  private final DecodedKeys real;
  private final ColumnCut cut;
  private final KeptRows rows;
  private final float[] query; // [D], scaled
  private final float[] mixed; // [D]

  FloatAttention(SeaSize size, BlockMath math, List<FloatHead> heads, DecodedKeys real) {
    this.size = size;
    this.heads = heads;
    this.real = real;
    this.cut = new ColumnCut(size.heads() * size.width());
    this.rows = new KeptRows(math);
    this.query = new float[size.headSize()];
    this.mixed = new float[size.headSize()];
  }

  /**
   * Finds the context of a position.
   *
   * @param number how many positions there are with this one
   * @param context the averages, replaced by their mixtures with what is found, {@code [H, n, D]}
   */
  void attend(FloatPortion portion, int position, int number, EstimatedRow row, float[] context) {
    int width = size.width();
    int together = size.options().grouping() == Grouping.CAUSAL_BATCH ? size.heads() : 1;
    int count = (int) KeptCount.of(size.options(), size.heads(), number);
    SeenKeys seen = new SeenKeys(size.options(), portion.rank(position));
    int next = 0; // of the columns that are kept
    for (int head = 0; head < size.heads(); head++) {
      int inGroup = head % together;
      if (inGroup == 0) {
        int first = row.weightsFrom() + head * width;
        cut.cut(row.weights(), first, first + together * width, count);
        next = 0;
      }
      next = keep(next, inGroup * width, seen);
      float share = row.sparseGate(head) * row.mixture(head) * attend(portion, head, position);
      float average = 1 - row.mixture(head);
      int at = portion.at(head, position);
      for (int d = 0; d < mixed.length; d++) {
        context[at + d] = share * mixed[d] + average * context[at + d];
      }
    }
  }

  /**
   * Finds the keys of a head. Neighbouring columns that are kept are one range of keys.
   *
   * @param next the first of the columns kept that may be this head's
   * @param first the first of its columns
   * @return the first of the columns kept that is not
   */
  private int keep(int next, int first, SeenKeys seen) {
    rows.clear();
    int i = next;
    while (i < cut.count() && cut.column(i) < first + size.width()) {
      int begin = cut.column(i) - first;
      int end = begin;
      while (i < cut.count() && cut.column(i) == first + end && end < size.width()) {
        end++;
        i++;
      }
      if (seen.length() > 0) {
        rows.add(seen, real, seen.firstRank(begin), seen.firstRank(end));
      }
    }
    return i;
  }

  private float attend(FloatPortion portion, int head, int position) {
    portion.query(0, head, position, 1, query, 0);
    float scale = size.queryScale() * size.scoreScale();
    for (int d = 0; d < query.length; d++) {
      query[d] *= scale;
    }
    return rows.attend(heads.get(head).keys(), query, mixed);
  }
}
