package dev.saccade.runtime.compare;

/** How far vectors lie from those they should be, gathered one vector at a time. */
final class Discrepancy {

  private double squaredError;
  private double squaredExpected;
  private double cosines;
  private long vectors;

  /** Adds one vector, {@code length} numbers from {@code offset} on in both arrays. */
  void add(float[] expected, float[] actual, int offset, int length) {
    double error = 0;
    double dot = 0;
    double expectedNorm = 0;
    double actualNorm = 0;
    for (int i = offset; i < offset + length; i++) {
      double e = expected[i];
      double a = actual[i];
      error += (a - e) * (a - e);
      dot += a * e;
      expectedNorm += e * e;
      actualNorm += a * a;
    }
    squaredError += error;
    squaredExpected += expectedNorm;
    double norms = Math.sqrt(expectedNorm * actualNorm);
    cosines += norms > 0 ? dot / norms : 0;
    vectors++;
  }

  /** ‖actual − expected‖ / ‖expected‖ over everything added; not finite if anything was not. */
  double relativeError() {
    return squaredError == 0 ? 0 : Math.sqrt(squaredError / squaredExpected);
  }

  /** The mean over vectors of the cosine between both. */
  double meanCosine() {
    return cosines / vectors;
  }
}
