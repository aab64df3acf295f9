package dev.saccade.api;

import java.util.ArrayList;
import java.util.List;

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

  /** The shortest length that is taken: the least multiple from the minimum on. */
  public long shortest() {
    return ((long) minimum + multiple - 1) / multiple * multiple;
  }

  /** Says whether a sequence of {@code length} positions is taken and, if not, every reason. */
  public Support check(long length) {
    List<String> reasons = new ArrayList<>();
    if (length < minimum) {
      reasons.add("length %d is below the minimum of %d".formatted(length, minimum));
    }
    if (length % multiple != 0) {
      reasons.add("length %d is not a multiple of %d".formatted(length, multiple));
    }
    return Support.unless(reasons);
  }
}
