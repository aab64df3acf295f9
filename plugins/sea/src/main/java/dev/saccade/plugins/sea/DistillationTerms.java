package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.KernelCall;

/** Adds up the terms of one head at a time. To use by one thread. */
final class DistillationTerms {

  private final SeaSize size;
  private final Sight sight;
  private final ScoreRows scores;
  private final ComparedAttention attention;
  private final ColumnAttention columns;
  private final double[] row; // [M]

  private DistillationTerms(SeaRun run, KernelCall call, ScoreRows scores) {
    this.size = run.size();
    this.sight = run.sight();
    this.scores = scores;
    this.attention = new ComparedAttention(run, call);
    this.columns = new ColumnAttention(size.options());
    this.row = new double[size.width()];
  }

  /** Over all queries of all heads, before they are divided by their number. */
  static TermValues sum(SeaRun run, KernelCall call, ScoreRows scores) {
    TermValues[] ofHeads = new TermValues[run.size().batch() * run.size().heads()];
    call.parallel(
        ofHeads.length,
        () -> new DistillationTerms(run, call, scores),
        (worker, head) -> ofHeads[head] = worker.head(head));
    TermValues sum = TermValues.ZERO;
    for (TermValues ofHead : ofHeads) {
      sum = sum.plus(ofHead);
    }
    return sum;
  }

  /** Queries that see no key have nothing to compare. */
  private TermValues head(int head) {
    attention.load(head);
    TermValues sum = TermValues.ZERO;
    int from = sight.blind(head / size.heads(), size.length());
    for (; from < size.length(); from += AttentionStrip.QUERIES) {
      attention.compare(from, Math.min(from + AttentionStrip.QUERIES, size.length()));
      for (int i = 0; i < attention.rows(); i++) {
        sum = sum.plus(query(i));
      }
    }
    return sum;
  }

  private TermValues query(int i) {
    int position = attention.first() + i;
    scores.read(attention.sequence(), attention.head(), position / size.every(), row);
    columns.compare(row, attention.seen(i), attention.teacherWeights(), attention.teacherRow(i));
    TermValues terms =
        new TermValues(
            attention.negativeEntropy(i) - columns.expectedLogarithm(),
            columns.square(),
            attention.divergence(i),
            attention.square(i));
    return sight.leavesOut(attention.sequence(), position) ? terms.squares() : terms;
  }
}
