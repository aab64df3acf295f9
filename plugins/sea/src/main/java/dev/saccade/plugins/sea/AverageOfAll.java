package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import java.util.Arrays;

/**
 * One sum for all queries of a head, in which a value enters by what the estimate gives its column
 * on average. That is the way by which a context teaches the estimate.
 *
 * @param columns means of the estimate's columns over all queries, {@code [B·H, M]}
 * @param gradients of {@code columns}, written by {@link #handBack}
 */
@SuppressWarnings("ArrayRecordComponent") // sums, not values
record AverageOfAll(SeaRun run, double[] columns, double[] gradients) implements Average {

  static AverageOfAll of(SeaRun run, double[] columns) {
    return new AverageOfAll(run, columns, new double[columns.length]);
  }

  @Override
  public double weight(int head, int position) {
    int sequence = head / run.size().heads();
    return run.sight().leavesOut(sequence, position) ? 0 : columns[column(head, position)];
  }

  /** The column that stands for a position, where it lies in {@link #columns}. */
  private int column(int head, int position) {
    int sequence = head / run.size().heads();
    SeenKeys seen = new SeenKeys(run.size().options(), run.sight().keys(sequence, position));
    return head * run.size().width() + seen.column(run.real().rank(sequence, position));
  }

  /** Each chunk's sum becomes that of all. */
  @Override
  public void accumulate(double[] sums, int headSize) {
    double[] all = new double[headSize];
    for (int at = 0; at < sums.length; at++) {
      all[at % headSize] += sums[at];
    }
    for (int at = 0; at < sums.length; at++) {
      sums[at] = all[at % headSize];
    }
  }

  @Override
  public void reach(int position, Block values, double[] sum) {
    // It is in the sum.
  }

  @Override
  public double divisor(int position) {
    return 1;
  }

  @Override
  public void reachBack(int position, double[] gradient, Block ofValues) {
    // All at once, by handBack.
  }

  @Override
  public void handBack(int head, double[] gradient, Block values, Block ofValues) {
    int width = run.size().width();
    Arrays.fill(gradients, head * width, (head + 1) * width, 0);
    for (int position = 0; position < values.rows(); position++) {
      if (run.sight().leavesOut(head / run.size().heads(), position)) {
        continue;
      }
      int column = column(head, position);
      int at = values.at(position, 0);
      int into = ofValues.at(position, 0);
      double along = 0;
      for (int d = 0; d < gradient.length; d++) {
        along += gradient[d] * values.data()[at + d];
        ofValues.data()[into + d] += (float) (columns[column] * gradient[d]);
      }
      gradients[column] += along;
    }
  }
}
