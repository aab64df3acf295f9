package dev.saccade.plugins.sea;

/** Which of the keys under a kept column are attended to. */
enum KeyRule {
  /** All of them, as in the authors' training and quality figures. */
  ALL,
  /**
   * At most k of them, evenly spaced from the last one back, as in the authors' GPU kernels: it
   * bounds the work for a query, and differs from {@link #ALL} where a column has more than k keys.
   */
  AT_MOST_K
}
