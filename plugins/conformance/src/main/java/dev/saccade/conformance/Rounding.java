package dev.saccade.conformance;

import dev.saccade.api.ElementType;

/**
 * How far apart two ways of computing the same context may be.
 *
 * <p>One number of a context is a sum over at most S keys, of weights that come from sums over D
 * features. A sum of n terms errs by at most n·u relative to its terms (u the unit roundoff, Higham
 * 2002, section 3.1); the softmax and its normaliser add a handful of operations, which the factor
 * 8 stands for. Hence 8·(S + D)·u times the greatest number, and times an author's own factor for
 * mechanisms that compute more. Numbers below one count as one, since a small context may be the
 * difference of larger values.
 */
final class Rounding {

  private static final double OPERATIONS = 8;

  private Rounding() {}

  /** u: half the distance from 1 to the next number. */
  static double unit(ElementType type) {
    return switch (type) {
      case F16 -> 0x1p-11;
      case BF16 -> 0x1p-8;
      case F32 -> 0x1p-24;
      case F64 -> 0x1p-53;
    };
  }

  /** The greatest difference allowed of results like {@code expected}. */
  static double of(Case trial, int keys, TensorValues expected) {
    return OPERATIONS
        * (keys + trial.spec().headSize())
        * unit(trial.spec().elementType())
        * Math.max(1, expected.greatest())
        * trial.subject().declarations().rounding();
  }
}
