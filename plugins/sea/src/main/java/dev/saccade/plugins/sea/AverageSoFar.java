package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/** The mean of the values up to a query's own: a running sum. */
record AverageSoFar() implements Average {

  @Override
  public double weight(int head, int position) {
    return 1;
  }

  /** Each chunk's sum becomes that of all before it. */
  @Override
  public void accumulate(double[] sums, int headSize) {
    double[] before = new double[headSize];
    for (int at = 0; at < sums.length; at += headSize) {
      for (int d = 0; d < headSize; d++) {
        double ofChunk = sums[at + d];
        sums[at + d] = before[d];
        before[d] += ofChunk;
      }
    }
  }

  @Override
  public void reach(int position, Block values, double[] sum) {
    int at = values.at(position, 0);
    for (int d = 0; d < sum.length; d++) {
      sum[d] += values.data()[at + d];
    }
  }

  @Override
  public double divisor(int position) {
    return position + 1.0;
  }

  @Override
  public void reachBack(int position, double[] gradient, Block ofValues) {
    int at = ofValues.at(position, 0);
    for (int d = 0; d < gradient.length; d++) {
      ofValues.data()[at + d] += (float) gradient[d];
    }
  }

  @Override
  public void handBack(int head, double[] gradient, Block values, Block ofValues) {
    // No sum is seen by all.
  }
}
