package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;

/**
 * A feature map φ of kernelised attention, for some positions at a time, and its gradient. Belongs
 * to one thread, and remembers what it was given last.
 */
interface BlockFeatures {

  /** Looks at a head before any of its features is asked for, if they depend on all positions. */
  default void begin(int head) {}

  /** Adds what is left of the gradient when all positions of a head have got theirs. */
  default void finish(int head, Tensor gradient) {}

  /**
   * Computes the features of some positions.
   *
   * @param sequence of B
   * @param x {@code [n, D]}, of the positions of {@code span}
   * @return φ(x), {@code [n, F]}, until the next call
   */
  Block of(int sequence, Span span, Block x);

  /**
   * Computes the gradient of what {@link #of} was given last.
   *
   * @param ofFeatures the gradient of its features, {@code [n, F]}; overwritten
   * @param into {@code [n, D]}, written
   */
  void back(Block ofFeatures, Block into);

  /**
   * The feature maps of queries and of keys that a kernel can compute, by the name that graphs
   * keep.
   */
  enum Kind {
    /** elu(x) + 1; F = D. */
    ELU,
    /** exp(ω·x − |x|²/2), for x scaled by ∜(1/D); F rows ω. */
    EXPONENTIAL,
    /** relu(ω·x), for x scaled likewise. */
    RECTIFIED,
    /** relu(x)·sin and relu(x)·cos of an angle for every position; F = 2D. */
    TURNED;

    /** How many inputs the map has of its own. */
    int inputs() {
      return switch (this) {
        case ELU -> 0;
        case EXPONENTIAL, RECTIFIED -> 1;
        case TURNED -> 2;
      };
    }
  }
}
