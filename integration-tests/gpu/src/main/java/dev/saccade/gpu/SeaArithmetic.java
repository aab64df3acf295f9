package dev.saccade.gpu;

import dev.saccade.api.ElementType;

/**
 * How exactly the reference computes: in double precision, which is the truth, or in single, whose
 * distance from it says what a kernel in single precision may err.
 *
 * <p>Where numbers are stored in 16 bits tensor cores multiply. What they are given is split in
 * two, x = x₁ + x₂ with x₁ = bf16(x) and x₂ = bf16(x − x₁), and of a·b they leave out a₂·b₂ ({@code
 * sea_cores.cuh}). Single precision does the same then.
 *
 * @param single whether every result is rounded to F32
 * @param stored how the running mean is stored before it is mixed with the sparse attention
 */
record SeaArithmetic(boolean single, ElementType stored) {

  static final SeaArithmetic EXACT = new SeaArithmetic(false, ElementType.F64);

  double rounded(double x) {
    return single ? (float) x : x;
  }

  private boolean onTensorCores() {
    return single && stored != ElementType.F32;
  }

  double dot(double[] a, int atA, double[] b, int atB, int count) {
    if (onTensorCores()) {
      float sum = 0;
      for (int i = 0; i < count; i++) {
        float x = (float) a[atA + i];
        float upper = Stored.upper(x);
        sum += product(upper, Stored.upper(x - upper), (float) b[atB + i]);
      }
      return sum;
    }
    if (single) {
      float sum = 0;
      for (int i = 0; i < count; i++) {
        sum += (float) a[atA + i] * (float) b[atB + i];
      }
      return sum;
    }
    double sum = 0;
    double other = 0; // two chains of additions, for speed
    int i = 0;
    for (; i + 1 < count; i += 2) {
      sum += a[atA + i] * b[atB + i];
      other += a[atA + i + 1] * b[atB + i + 1];
    }
    return i < count ? sum + other + a[atA + i] * b[atB + i] : sum + other;
  }

  /** into += factor·from */
  void add(double factor, double[] from, int at, double[] into, int to, int count) {
    if (onTensorCores()) {
      float upper = Stored.upper((float) factor);
      float lower = Stored.upper((float) factor - upper);
      for (int i = 0; i < count; i++) {
        into[to + i] = (float) into[to + i] + product(upper, lower, (float) from[at + i]);
      }
      return;
    }
    if (single) {
      for (int i = 0; i < count; i++) {
        into[to + i] = (float) (into[to + i] + (float) (factor * from[at + i]));
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      into[to + i] += factor * from[at + i];
    }
  }

  private static float product(float upper, float lower, float x) {
    float upperX = Stored.upper(x);
    float lowerX = Stored.upper(x - upperX);
    return upper * upperX + (upper * lowerX + lower * upperX);
  }

  /** Gives a row a mean of zero and a variance of one, then gain and bias. */
  void normalise(double[] x, int at, int count, double[] gain, double[] bias) {
    double mean = 0;
    for (int i = 0; i < count; i++) {
      mean = rounded(mean + x[at + i]);
    }
    mean = rounded(mean / count);
    double variance = 0;
    for (int i = 0; i < count; i++) {
      double centred = rounded(x[at + i] - mean);
      variance = rounded(variance + rounded(centred * centred));
    }
    double factor = rounded(1 / Math.sqrt(rounded(variance / count) + 1e-5));
    for (int i = 0; i < count; i++) {
      double standard = rounded(rounded(x[at + i] - mean) * factor);
      x[at + i] = rounded(rounded(standard * gain[i]) + bias[i]);
    }
  }

  double logistic(double x) {
    return rounded(1 / (1 + Math.exp(-x)));
  }

  /** x·Φ(x), with the error function by its series or continued fraction. */
  double gelu(double x) {
    return rounded(x * 0.5 * (1 + ErrorFunction.of(x / Math.sqrt(2))));
  }
}
