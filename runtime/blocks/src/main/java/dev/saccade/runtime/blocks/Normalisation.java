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

  /** Normalises the row that begins at {@code start}, then applies gain and bias. */
  static void row(float[] x, int start, Block gain, Block bias, double epsilon) {
    int columns = gain.columns();
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
    apply(x, start, left, 1 / Math.sqrt(variance + epsilon), gain, bias);
  }

  private static void apply(
      float[] x, int start, double left, double rate, Block gain, Block bias) {
    float[] gains = gain.data();
    float[] biases = bias.data();
    int columns = gain.columns();
    // The rounding of a rate would be common to the whole row, where nothing averages it out.
    FloatVector rates = FloatVector.broadcast(SPECIES, (float) rate);
    float rest = (float) (rate - (float) rate);
    int i = 0;
    for (; i + LANES <= columns; i += LANES) {
      FloatVector deviation = FloatVector.fromArray(SPECIES, x, start + i).sub((float) left);
      deviation
          .fma(rates, deviation.mul(rest))
          .fma(
              FloatVector.fromArray(SPECIES, gains, gain.offset() + i),
              FloatVector.fromArray(SPECIES, biases, bias.offset() + i))
          .intoArray(x, start + i);
    }
    for (; i < columns; i++) {
      double standard = (x[start + i] - left) * rate;
      x[start + i] = (float) (standard * gains[gain.offset() + i] + biases[bias.offset() + i]);
    }
  }
}
