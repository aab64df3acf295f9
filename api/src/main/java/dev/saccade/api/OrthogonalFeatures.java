package dev.saccade.api;

import java.util.random.RandomGenerator;

/**
 * Random features {@code [F, D]}: every D rows are orthogonal to each other, and every row is as
 * long as a Gaussian vector of D numbers would be.
 *
 * <p>Orthogonal directions cover the space more evenly than independent ones, so the estimate of
 * the softmax kernel varies less at the same number of features; the lengths keep it unbiased.
 *
 * <p>Choromanski et al., Rethinking Attention with Performers, ICLR 2021, section 2.4.
 */
record OrthogonalFeatures() implements Initializer {

  @Override
  public double[] values(Shape shape, RandomGenerator random) {
    if (shape.rank() != 2) {
      throw new IllegalArgumentException(
          "orthogonal features must be [F, D], features by head size: shape=" + shape);
    }
    int features = Math.toIntExact(shape.axis(0));
    int headSize = Math.toIntExact(shape.axis(1));
    double[] projection = new double[features * headSize];
    for (int block = 0; block < features; block += headSize) {
      double[][] directions = orthonormal(headSize, random);
      for (int row = block; row < Math.min(block + headSize, features); row++) {
        double length = norm(gaussian(headSize, random));
        for (int d = 0; d < headSize; d++) {
          projection[row * headSize + d] = length * directions[row - block][d];
        }
      }
    }
    return projection;
  }

  /** Gram-Schmidt on Gaussian vectors; twice, because once loses digits when two nearly agree. */
  private static double[][] orthonormal(int size, RandomGenerator random) {
    double[][] rows = new double[size][];
    for (int row = 0; row < size; row++) {
      double[] candidate = gaussian(size, random);
      for (int pass = 0; pass < 2; pass++) {
        for (int earlier = 0; earlier < row; earlier++) {
          subtract(candidate, rows[earlier], dot(candidate, rows[earlier]));
        }
        double length = norm(candidate);
        for (int d = 0; d < size; d++) {
          candidate[d] /= length;
        }
      }
      rows[row] = candidate;
    }
    return rows;
  }

  private static double[] gaussian(int size, RandomGenerator random) {
    double[] vector = new double[size];
    for (int d = 0; d < size; d++) {
      vector[d] = random.nextGaussian();
    }
    return vector;
  }

  private static void subtract(double[] from, double[] direction, double times) {
    for (int d = 0; d < from.length; d++) {
      from[d] -= times * direction[d];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int d = 0; d < a.length; d++) {
      sum += a[d] * b[d];
    }
    return sum;
  }

  private static double norm(double[] a) {
    return Math.sqrt(dot(a, a));
  }
}
