package dev.saccade.runtime.blocks;

import static dev.saccade.runtime.blocks.SimdMath.LANES;
import static dev.saccade.runtime.blocks.SimdMath.SPECIES;

import dev.saccade.api.kernel.Block;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of mean zero and variance one. A mean is rounded, and of almost equal numbers that rounding
 * would be all that is left: so the mean of what is left is taken away too.
 */
final class Normalisation {

  private Normalisation() {}

  /**
   * How a row of deviations becomes one of variance one.
   *
   * @param left what their mean is, but for rounding zero
   * @param rate what they are to be multiplied with
   */
  private record Change(double left, double rate) {}

  /** Normalises the row that begins at {@code start}, then applies gain and bias. */
  static void row(float[] x, int start, Block gain, Block bias, double epsilon) {
    int columns = gain.columns();
    float[] gains = gain.data();
    float[] biases = bias.data();
    Change change = deviate(x, start, columns, epsilon);
    int i = 0;
    for (; i + LANES <= columns; i += LANES) {
      standard(x, start + i, change)
          .fma(
              FloatVector.fromArray(SPECIES, gains, gain.offset() + i),
              FloatVector.fromArray(SPECIES, biases, bias.offset() + i))
          .intoArray(x, start + i);
    }
    for (; i < columns; i++) {
      double standard = (x[start + i] - change.left()) * change.rate();
      x[start + i] = (float) (standard * gains[gain.offset() + i] + biases[bias.offset() + i]);
    }
  }

  /**
   * Normalises a row without gain and bias.
   *
   * @return the rate
   */
  static float row(float[] x, int start, int columns, double epsilon) {
    Change change = deviate(x, start, columns, epsilon);
    int i = 0;
    for (; i + LANES <= columns; i += LANES) {
      standard(x, start + i, change).intoArray(x, start + i);
    }
    for (; i < columns; i++) {
      x[start + i] = (float) ((x[start + i] - change.left()) * change.rate());
    }
    return (float) change.rate();
  }

  /** Replaces numbers by their deviations from the mean. */
  private static Change deviate(float[] x, int start, int columns, double epsilon) {
    float mean = Rows.sum(x, start, start + columns) / columns;
    FloatVector sums = FloatVector.zero(SPECIES);
    FloatVector squares = sums;
    int i = 0;
    for (; i + LANES <= columns; i += LANES) {
      FloatVector deviation = FloatVector.fromArray(SPECIES, x, start + i).sub(mean);
      deviation.intoArray(x, start + i);
      sums = sums.add(deviation);
      squares = deviation.fma(deviation, squares);
    }
    double sum = sums.reduceLanes(VectorOperators.ADD);
    double square = squares.reduceLanes(VectorOperators.ADD);
    for (; i < columns; i++) {
      float deviation = x[start + i] - mean;
      x[start + i] = deviation;
      sum += deviation;
      square += (double) deviation * deviation;
    }
    double left = sum / columns;
    double variance = Math.max(square / columns - left * left, 0);
    return new Change(left, 1 / Math.sqrt(variance + epsilon));
  }

  /** The rounding of a rate would be common to the whole row, where nothing averages it out. */
  private static FloatVector standard(float[] x, int at, Change change) {
    float rate = (float) change.rate();
    float rest = (float) (change.rate() - rate);
    FloatVector deviation = FloatVector.fromArray(SPECIES, x, at).sub((float) change.left());
    return deviation.fma(FloatVector.broadcast(SPECIES, rate), deviation.mul(rest));
  }
}
