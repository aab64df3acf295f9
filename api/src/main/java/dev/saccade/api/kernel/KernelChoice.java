package dev.saccade.api.kernel;

/** Which implementation of a mechanism a user wants. */
public enum KernelChoice {
  /** The fastest that can run. */
  AUTO,
  /** The formulas as ordinary operations of the graph: slow, and what all others are tried by. */
  RECIPE,
  /** The kernel of this name, or an error that says why it cannot. */
  PLAIN,
  /** The kernel of this name, or an error that says why it cannot. */
  SIMD
}
