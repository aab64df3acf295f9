package dev.saccade.runtime.blocks;

import static dev.saccade.runtime.blocks.SimdMath.LANES;
import static dev.saccade.runtime.blocks.SimdMath.SPECIES;

import dev.saccade.api.kernel.Block;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Arithmetic with chosen rows of a matrix, four at a time: the vector that they all meet is then
 * loaded a quarter as often, and four sums are under way instead of one that waits for itself.
 */
final class Gathered {

  private static final int AT_ONCE = 4;

  private Gathered() {}

  static void products(
      float[] x, int xOffset, Block rows, int[] index, int from, int to, float[] into, int at) {
    float[] data = rows.data();
    int columns = rows.columns();
    int whole = columns - columns % LANES;
    VectorMask<Float> rest = SPECIES.indexInRange(whole, columns);
    int i = from;
    for (; i + AT_ONCE <= to; i += AT_ONCE) {
      int r0 = rows.offset() + index[i] * rows.rowStride();
      int r1 = rows.offset() + index[i + 1] * rows.rowStride();
      int r2 = rows.offset() + index[i + 2] * rows.rowStride();
      int r3 = rows.offset() + index[i + 3] * rows.rowStride();
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      for (int c = 0; c < whole; c += LANES) {
        FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + c);
        s0 = v.fma(FloatVector.fromArray(SPECIES, data, r0 + c), s0);
        s1 = v.fma(FloatVector.fromArray(SPECIES, data, r1 + c), s1);
        s2 = v.fma(FloatVector.fromArray(SPECIES, data, r2 + c), s2);
        s3 = v.fma(FloatVector.fromArray(SPECIES, data, r3 + c), s3);
      }
      if (whole < columns) {
        FloatVector v = FloatVector.fromArray(SPECIES, x, xOffset + whole, rest);
        s0 = v.fma(FloatVector.fromArray(SPECIES, data, r0 + whole, rest), s0);
        s1 = v.fma(FloatVector.fromArray(SPECIES, data, r1 + whole, rest), s1);
        s2 = v.fma(FloatVector.fromArray(SPECIES, data, r2 + whole, rest), s2);
        s3 = v.fma(FloatVector.fromArray(SPECIES, data, r3 + whole, rest), s3);
      }
      int to0 = at + i - from;
      into[to0] = s0.reduceLanes(VectorOperators.ADD);
      into[to0 + 1] = s1.reduceLanes(VectorOperators.ADD);
      into[to0 + 2] = s2.reduceLanes(VectorOperators.ADD);
      into[to0 + 3] = s3.reduceLanes(VectorOperators.ADD);
    }
    for (; i < to; i++) {
      into[at + i - from] =
          Rows.dot(x, xOffset, data, rows.offset() + index[i] * rows.rowStride(), columns);
    }
  }

  static void add(
      float[] weights,
      int at,
      Block rows,
      int[] index,
      int from,
      int to,
      float[] sum,
      int sumOffset) {
    float[] data = rows.data();
    int columns = rows.columns();
    int wide = AT_ONCE * LANES;
    int c = 0;
    for (; c + wide <= columns; c += wide) {
      int o = sumOffset + c;
      FloatVector s0 = FloatVector.fromArray(SPECIES, sum, o);
      FloatVector s1 = FloatVector.fromArray(SPECIES, sum, o + LANES);
      FloatVector s2 = FloatVector.fromArray(SPECIES, sum, o + 2 * LANES);
      FloatVector s3 = FloatVector.fromArray(SPECIES, sum, o + 3 * LANES);
      for (int i = from; i < to; i++) {
        FloatVector w = FloatVector.broadcast(SPECIES, weights[at + i - from]);
        int r = rows.offset() + index[i] * rows.rowStride() + c;
        s0 = w.fma(FloatVector.fromArray(SPECIES, data, r), s0);
        s1 = w.fma(FloatVector.fromArray(SPECIES, data, r + LANES), s1);
        s2 = w.fma(FloatVector.fromArray(SPECIES, data, r + 2 * LANES), s2);
        s3 = w.fma(FloatVector.fromArray(SPECIES, data, r + 3 * LANES), s3);
      }
      s0.intoArray(sum, o);
      s1.intoArray(sum, o + LANES);
      s2.intoArray(sum, o + 2 * LANES);
      s3.intoArray(sum, o + 3 * LANES);
    }
    for (; c + LANES <= columns; c += LANES) {
      FloatVector s = FloatVector.fromArray(SPECIES, sum, sumOffset + c);
      for (int i = from; i < to; i++) {
        int r = rows.offset() + index[i] * rows.rowStride() + c;
        s =
            FloatVector.broadcast(SPECIES, weights[at + i - from])
                .fma(FloatVector.fromArray(SPECIES, data, r), s);
      }
      s.intoArray(sum, sumOffset + c);
    }
    for (; c < columns; c++) {
      float s = sum[sumOffset + c];
      for (int i = from; i < to; i++) {
        s += weights[at + i - from] * data[rows.offset() + index[i] * rows.rowStride() + c];
      }
      sum[sumOffset + c] = s;
    }
  }
}
