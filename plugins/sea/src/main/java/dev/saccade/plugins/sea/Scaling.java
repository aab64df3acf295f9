package dev.saccade.plugins.sea;

/**
 * What is multiplied by 1/√D. Softmax attention has one place for it; SEA has two, since queries
 * are used for the estimate as well as for the scores.
 */
enum Scaling {
  /** The scores alone. The features that the estimate begins with have their own D^-¼. */
  SCORES,
  /**
   * Queries before anything else, so the estimate sees them scaled too: the authors' OPT, whose
   * layers scale queries themselves.
   */
  QUERIES,
  /**
   * Nothing, for callers that scale queries themselves. The authors' encoder does so by mistake
   * when it has no teacher.
   */
  NOTHING
}
