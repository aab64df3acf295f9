package dev.saccade.runtime.engine.op;

/**
 * Loops over doubles in the form that the JIT turns into vector instructions, in two precisions.
 *
 * <p>{@link Math#exp} is called once an element and cannot be vectorised; for results that are
 * stored as floats, multiplications and additions alone do, four times as fast.
 */
enum Arithmetic {
  /** For results that are rounded to float: relative errors up to 1e-9. */
  SINGLE {
    /**
     * e^x = (e^(x/512))^512: a short Taylor series, then nine squarings.
     *
     * <p>Below −104 float has only 0, so larger arguments need not be dealt with and the series
     * stays within 0.21 of its centre, where its error is 2e-12, and 1e-9 after the squarings.
     */
    @Override
    void exponential(double[] x, int count) {
      for (int i = 0; i < count; i++) {
        double r = Math.max(x[i], -104) * (1.0 / 512);
        double p = 1.0 / 40320;
        p = p * r + 1.0 / 5040;
        p = p * r + 1.0 / 720;
        p = p * r + 1.0 / 120;
        p = p * r + 1.0 / 24;
        p = p * r + 1.0 / 6;
        p = p * r + 0.5;
        p = p * r + 1;
        p = p * r + 1;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        p *= p;
        x[i] = p;
      }
    }

    /**
     * With z = |x|/√2 and t = 1/(1 + 0.4z), erfc(z) = e^(−z²)·P(t).
     *
     * <p>P is the Chebyshev fit of degree 10 to e^(z²)·erfc(z) for z from 0 to 7.6; its largest
     * error is 2.6e-10.
     */
    @Override
    void halfErf(double[] x, double[] density, double[] half, int count) {
      for (int i = 0; i < count; i++) {
        double t = 1 / (1 + 0.4 * SQRT_HALF * Math.abs(x[i]));
        double p = -0.04271778398798891;
        p = p * t + 0.27445532718749777;
        p = p * t - 0.6942071615099012;
        p = p * t + 0.835635184455646;
        p = p * t - 0.5556136575758779;
        p = p * t + 0.4420645887589247;
        p = p * t + 0.05790582165778154;
        p = p * t + 0.2350614715771389;
        p = p * t + 0.22135734053168873;
        p = p * t + 0.22607534922770986;
        p = p * t - 1.6480582501475238e-05;
        half[i] = 0.5 - 0.5 * p * density[i];
      }
    }
  },

  /** To the last place or two of a double. */
  DOUBLE {
    @Override
    void exponential(double[] x, int count) {
      for (int i = 0; i < count; i++) {
        x[i] = Math.exp(x[i]);
      }
    }

    @Override
    void halfErf(double[] x, double[] density, double[] half, int count) {
      for (int i = 0; i < count; i++) {
        half[i] = 0.5 * Erf.erf(Math.abs(x[i]) * SQRT_HALF);
      }
    }
  };

  private static final double SQRT_HALF = Math.sqrt(0.5);

  /** Replaces each x ≤ 0 by e^x; NaN stays. */
  abstract void exponential(double[] x, int count);

  /**
   * Writes erf(|x|/√2)/2, which is how far the normal distribution's Φ(x) is from a half.
   *
   * @param density e^(−x²/2), already computed
   */
  abstract void halfErf(double[] x, double[] density, double[] half, int count);

  /**
   * Four at a time: a single maximum would wait for each comparison to end.
   *
   * <p>Passes over NaN, which Math.max would not, at half its time.
   */
  static double maxPassingOverNan(double[] x, int count) {
    double m0 = Double.NEGATIVE_INFINITY;
    double m1 = m0;
    double m2 = m0;
    double m3 = m0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      m0 = m0 < x[i] ? x[i] : m0;
      m1 = m1 < x[i + 1] ? x[i + 1] : m1;
      m2 = m2 < x[i + 2] ? x[i + 2] : m2;
      m3 = m3 < x[i + 3] ? x[i + 3] : m3;
    }
    for (; i < count; i++) {
      m0 = m0 < x[i] ? x[i] : m0;
    }
    return Math.max(Math.max(m0, m1), Math.max(m2, m3));
  }

  /** Four at a time, as {@link #maxPassingOverNan}. */
  static double sum(double[] x, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      s0 += x[i];
      s1 += x[i + 1];
      s2 += x[i + 2];
      s3 += x[i + 3];
    }
    for (; i < count; i++) {
      s0 += x[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /** Σ x·y, four at a time, as {@link #maxPassingOverNan}. */
  static double dot(double[] x, double[] y, int count) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 3 < count; i += 4) {
      s0 += x[i] * y[i];
      s1 += x[i + 1] * y[i + 1];
      s2 += x[i + 2] * y[i + 2];
      s3 += x[i + 3] * y[i + 3];
    }
    for (; i < count; i++) {
      s0 += x[i] * y[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /**
   * Replaces each x by e^(x − max), and returns log Σ e^x.
   *
   * @return −∞ for a row of −∞ throughout, which becomes zeros
   */
  double shiftedExponential(double[] x, int count) {
    double max = maxPassingOverNan(x, count);
    if (max == Double.NEGATIVE_INFINITY) {
      for (int i = 0; i < count; i++) {
        x[i] = Double.isNaN(x[i]) ? x[i] : 0;
      }
      return max + sum(x, count);
    }
    for (int i = 0; i < count; i++) {
      x[i] -= max;
    }
    exponential(x, count);
    return max + Math.log(sum(x, count));
  }
}
