package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * {@link AverageContext} as sums of values: which values enter the one that a query sees, and how
 * gradients go back. Heads are numbered through the batch, 0 … B·H − 1.
 */
sealed interface Average permits AverageSoFar, AverageOfAll {

  /** How often a value enters the sum. */
  double weight(int head, int position);

  /**
   * Replaces the sums of chunks of values by those with which the queries of each chunk begin.
   *
   * @param sums {@code [chunks, D]}
   */
  void accumulate(double[] sums, int headSize);

  /** Takes what a query sees and those before it do not into the sum. */
  void reach(int position, Block values, double[] sum);

  /** What a query's sum is divided by. */
  double divisor(int position);

  /**
   * The way back of {@link #reach}, from the last query to the first.
   *
   * @param gradient Σ of the sums' gradients, from this query's on
   * @param ofValues {@code [T, D]}, added to
   */
  void reachBack(int position, double[] gradient, Block ofValues);

  /**
   * The way back from a sum that all queries see.
   *
   * @param gradient Σ of the sums' gradients, of all queries
   * @param ofValues {@code [T, D]}, added to
   */
  void handBack(int head, double[] gradient, Block values, Block ofValues);
}
