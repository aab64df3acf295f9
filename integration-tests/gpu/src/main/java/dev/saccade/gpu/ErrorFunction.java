package dev.saccade.gpu;

/** erf in double precision. */
final class ErrorFunction {

  /** Below it the series needs few terms, above it the continued fraction does. */
  private static final double BORDER = 2.5;

  private static final int MOST_TERMS = 200;

  private ErrorFunction() {}

  static double of(double x) {
    double magnitude = Math.abs(x);
    return Math.signum(x) * (magnitude < BORDER ? series(magnitude) : 1 - rest(magnitude));
  }

  /** 2/√π·exp(−x²)·Σ (2x²)ⁿ·x/(1·3·…·(2n + 1)): no term is negative, so nothing cancels. */
  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < MOST_TERMS && term > sum * 0x1p-60; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  /** 1 − erf x = exp(−x²)/√π / (x + ½/(x + 1/(x + 1½/(x + …)))). */
  private static double rest(double x) {
    double fraction = x;
    for (int n = MOST_TERMS; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
  }
}
