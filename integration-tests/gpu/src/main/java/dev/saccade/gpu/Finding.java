package dev.saccade.gpu;

/**
 * How one tensor compares with its reference.
 *
 * @param tensor its name
 * @param compared how many of its numbers were compared
 * @param worst the greatest of all errors, each divided by what is allowed for its number or, for
 *     the error of all together, for that; NaN and what is above 1 is wrong
 * @param error the greatest error
 * @param relative ‖computed − expected‖ / ‖expected‖
 * @param remark what else is to be said; may be empty
 */
record Finding(
    String tensor, long compared, double worst, double error, double relative, String remark) {

  boolean right() {
    return worst <= 1; // NaN never is
  }

  /** The same, of one of several ways to compute the tensor. */
  Finding by(String way) {
    return new Finding(way + ": " + tensor, compared, worst, error, relative, remark);
  }

  /** Adds numbers up one after the other. */
  static final class Tally {

    private final String tensor;
    private long compared;
    private double worst;
    private double error;
    private double squaresOfErrors;
    private double squares;

    Tally(String tensor) {
      this.tensor = tensor;
    }

    void add(double computed, double expected, double allowed) {
      double each = Math.abs(computed - expected);
      compared++;
      error = Math.max(error, each); // NaN stays
      worst = Math.max(worst, each / allowed);
      squaresOfErrors += each * each;
      squares += expected * expected;
    }

    /**
     * @param allowed relative to all numbers together
     */
    Finding finding(double allowed, String remark) {
      double relative = squares == 0 ? 0 : Math.sqrt(squaresOfErrors / squares);
      return new Finding(
          tensor, compared, Math.max(worst, relative / allowed), error, relative, remark);
    }
  }
}
