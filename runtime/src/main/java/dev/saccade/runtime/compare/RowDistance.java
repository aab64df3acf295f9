package dev.saccade.runtime.compare;

import org.jspecify.annotations.Nullable;

/**
 * How far rows of attention weights lie from the teacher's, gathered one row at a time. A mechanism
 * may give rows that do not sum to one; they are scaled to do so, and a row of zeros counts as
 * disjoint from every other.
 */
final class RowDistance {

  private double totalVariation;
  private double divergence;
  private long rows;

  /** Adds one row, {@code length} weights from {@code offset} on in both arrays. */
  void add(float[] teacher, float[] student, int offset, int length) {
    double teacherSum = sum(teacher, offset, length);
    double sum = sum(student, offset, length);
    // Both, so that equal rows are at distance 0 although floats do not sum to one exactly.
    double teacherScale = teacherSum > 0 ? 1 / teacherSum : 0;
    double scale = sum > 0 ? 1 / sum : 0;
    double variation = sum > 0 || Double.isNaN(sum) ? 0 : 1;
    double kl = 0;
    for (int i = offset; i < offset + length; i++) {
      double p = teacher[i] * teacherScale;
      double q = student[i] * scale;
      variation += Math.abs(p - q) / 2;
      if (p > 0) {
        kl += p * Math.log(p / q);
      }
    }
    totalVariation += Math.min(1, variation);
    divergence += kl;
    rows++;
  }

  private static double sum(float[] weights, int offset, int length) {
    double sum = 0;
    for (int i = offset; i < offset + length; i++) {
      sum += weights[i];
    }
    return sum;
  }

  /** The mean total variation, from 0 (the same) to 1 (disjoint). */
  double meanTotalVariation() {
    return totalVariation / rows;
  }

  /** The mean KL divergence of the student from the teacher, in nats; null where infinite. */
  @Nullable Double meanDivergence() {
    double mean = divergence / rows;
    return Double.isFinite(mean) ? Math.max(0, mean) : null;
  }
}
