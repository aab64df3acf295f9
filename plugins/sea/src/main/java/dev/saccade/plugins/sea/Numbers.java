package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Tensor;

/** The numbers of a tensor in host memory as doubles, and the functions of one number. */
final class Numbers {

  private Numbers() {}

  /** All numbers in row-major order. */
  static double[] read(Tensor tensor) {
    double[] numbers = new double[Math.toIntExact(tensor.shape().elements())];
    tensor.read(0, numbers, 0, numbers.length);
    return numbers;
  }

  static double dot(double[] a, int fromA, double[] b, int fromB, int length) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += a[fromA + i] * b[fromB + i];
    }
    return sum;
  }

  static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** x·Φ(x), as {@code GraphMath.gelu}. */
  static double gelu(double x) {
    return x * 0.5 * (1 + erf(x * Math.sqrt(0.5)));
  }

  /** In place. */
  static void softmax(double[] logits) {
    double greatest = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      greatest = Math.max(greatest, logit);
    }
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = Math.exp(logits[i] - greatest);
      sum += logits[i];
    }
    for (int i = 0; i < logits.length; i++) {
      logits[i] /= sum;
    }
  }

  /** By the series exp(−x²)·Σ 2ⁿx²ⁿ⁺¹/(2n + 1)!!, in which nothing cancels. */
  static double erf(double x) {
    if (!(Math.abs(x) < 6)) {
      return Double.isNaN(x) ? x : Math.signum(x); // to all digits
    }
    double term = x;
    double sum = 0;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }
}
