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
    boolean together = size.options().grouping() == Grouping.CAUSAL_BATCH;
    int width = size.width();
    int count = (int) KeptCount.of(size.options(), size.heads(), number);
    if (together) {
      cut.begin(row.weights(), row.weightsFrom(), row.weightsFrom() + size.heads() * width, count);
    }
    SeenKeys seen = new SeenKeys(size.options(), portion.rank(position));
    for (int head = 0; head < size.heads(); head++) {
      int from = row.weightsFrom() + head * width;
      if (!together) {
        cut.begin(row.weights(), from, from + width, count);
      }
      keep(row.weights(), from, seen);
      float share = row.sparseGate(head) * row.mixture(head) * attend(portion, head, position);
      float average = 1 - row.mixture(head);
      int at = portion.at(head, position);
      for (int d = 0; d < mixed.length; d++) {
        context[at + d] = share * mixed[d] + average * context[at + d];
      }
    }
  }

  /** Finds the keys of a head. Neighbouring columns that are kept are one range of keys. */
  private void keep(float[] weights, int from, SeenKeys seen) {
    rows.clear();
    int begin = -1; // of a run of columns
    for (int column = 0; column < size.width(); column++) {
      boolean kept = cut.keeps(weights[from + column]) && seen.length() > 0;
      if (kept && begin < 0) {
        begin = column;
      } else if (!kept && begin >= 0) {
        rows.add(seen, real, seen.firstRank(begin), seen.firstRank(column));
        begin = -1;
      }
    }
    if (begin >= 0) {
      rows.add(seen, real, seen.firstRank(begin), seen.firstRank(size.width()));
    }
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
