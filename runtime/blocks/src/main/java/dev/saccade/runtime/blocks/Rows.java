package dev.saccade.runtime.blocks;

import static dev.saccade.runtime.blocks.SimdMath.LANES;
import static dev.saccade.runtime.blocks.SimdMath.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Arithmetic along rows of numbers that lie side by side. */
final class Rows {

  private Rows() {}

  static float dot(float[] x, int xOffset, float[] y, int yOffset, int length) {
    FloatVector total = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      total =
          FloatVector.fromArray(SPECIES, x, xOffset + i)
              .fma(FloatVector.fromArray(SPECIES, y, yOffset + i), total);
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      total =
          FloatVector.fromArray(SPECIES, x, xOffset + i, rest)
              .fma(FloatVector.fromArray(SPECIES, y, yOffset + i, rest), total);
    }
    return total.reduceLanes(VectorOperators.ADD);
  }

  static float sum(float[] x, int start, int end) {
    FloatVector total = FloatVector.zero(SPECIES);
    int i = start;
    for (; i + LANES <= end; i += LANES) {
      total = total.add(FloatVector.fromArray(SPECIES, x, i));
    }
    if (i < end) {
      total = total.add(FloatVector.fromArray(SPECIES, x, i, SPECIES.indexInRange(i, end)));
    }
    return total.reduceLanes(VectorOperators.ADD);
  }

  static float max(float[] x, int start, int end) {
    FloatVector greatest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int i = start;
    for (; i + LANES <= end; i += LANES) {
      greatest = greatest.max(FloatVector.fromArray(SPECIES, x, i));
    }
    float max = greatest.reduceLanes(VectorOperators.MAX);
    for (; i < end; i++) {
      max = Math.max(max, x[i]);
    }
    return max;
  }

  static void scale(float[] x, int start, int length, float factor) {
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      FloatVector.fromArray(SPECIES, x, start + i).mul(factor).intoArray(x, start + i);
    }
    for (; i < length; i++) {
      x[start + i] *= factor;
    }
  }

  /** y += factor·x. */
  static void addScaled(float factor, float[] x, int xOffset, float[] y, int yOffset, int length) {
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    int i = 0;
    for (; i + LANES <= length; i += LANES) {
      factors
          .fma(
              FloatVector.fromArray(SPECIES, x, xOffset + i),
              FloatVector.fromArray(SPECIES, y, yOffset + i))
          .intoArray(y, yOffset + i);
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      factors
          .fma(
              FloatVector.fromArray(SPECIES, x, xOffset + i, rest),
              FloatVector.fromArray(SPECIES, y, yOffset + i, rest))
          .intoArray(y, yOffset + i, rest);
    }
  }
}
