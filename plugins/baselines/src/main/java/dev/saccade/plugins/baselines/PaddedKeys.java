package dev.saccade.plugins.baselines;

/** What a kernelised mechanism does about keys that are padding. */
enum PaddedKeys {
  /** They do not exist: a sequence gives the same result alone as padded. */
  HIDDEN,
  /**
   * Their values are zero but their features count, so padding draws contexts towards zero. The
   * published models were evaluated so.
   */
  COUNTED
}
