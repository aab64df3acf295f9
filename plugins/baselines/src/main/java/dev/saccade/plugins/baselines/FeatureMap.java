package dev.saccade.plugins.baselines;

/**
 * The features φ of kernelised attention, for one vector at a time: a key weighs φ(q)·φ(k) over the
 * sum of that. Safe for use by many threads.
 */
interface FeatureMap {

  /** F. */
  int features();

  /**
   * Writes the features of a query.
   *
   * @param query {@code [D]}
   * @param place how many positions are real so far, its own included
   * @param into {@code [F]}
   */
  void ofQuery(double[] query, int place, double[] into);

  /** Writes the features of a key, as of a query. */
  void ofKey(double[] key, int place, double[] into);

  /**
   * What the mixed values are divided by.
   *
   * @param mass φ(q)·Σφ(k)
   * @param queryFeatures φ(q)
   */
  double divisor(double mass, double[] queryFeatures);
}
