package dev.saccade.api;

/**
 * The sequence lengths that a mechanism takes.
 *
 * @param minimum the shortest, in positions
 * @param multiple a length must be a multiple of this
 */
public record LengthRule(int minimum, int multiple) {

  private static final LengthRule ANY = new LengthRule(1, 1);

  public LengthRule {
    if (minimum < 1 || multiple < 1) {
      throw new IllegalArgumentException(
          "minimum and multiple must be at least 1: minimum=%d, multiple=%d"
              .formatted(minimum, multiple));
    }
  }

  /** Every length from 1. */
  public static LengthRule any() {
    return ANY;
  }

  /** Says whether a sequence of {@code length} positions is taken. */
  public Support check(long length) {
    if (length < minimum) {
      return Support.no("length %d is below the minimum of %d".formatted(length, minimum));
    }
    if (length % multiple != 0) {
      return Support.no("length %d is not a multiple of %d".formatted(length, multiple));
    }
    return Support.yes();
  }
}
