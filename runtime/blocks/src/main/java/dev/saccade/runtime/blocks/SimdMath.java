package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link BlockMath} in vectors of the width that the processor prefers. */
final class SimdMath implements BlockMath {

  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();

  /** How many numbers a vector holds. */
  int lanes() {
    return LANES;
  }

  @Override
  public Arithmetic arithmetic() {
    return Arithmetic.SIMD;
  }

  @Override
  public void product(Block a, Block b, Block into) {
    Fitting.requireProduct(a, b, into);
    for (int row = 0; row < into.rows(); row++) {
      Arrays.fill(into.data(), into.at(row, 0), into.at(row, 0) + into.columns(), 0);
    }
    Products.add(a, b, into);
  }

  @Override
  public void addProduct(Block a, Block b, Block into) {
    Fitting.requireProduct(a, b, into);
    Products.add(a, b, into);
  }

  @Override
  public void copy(Block a, Block into) {
    Copies.copy(a, into);
  }

  @Override
  public void exp(Block x) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      int end = start + x.columns();
      int i = start;
      for (; i + LANES <= end; i += LANES) {
        Functions.exp(FloatVector.fromArray(SPECIES, x.data(), i)).intoArray(x.data(), i);
      }
      if (i < end) {
        VectorMask<Float> rest = SPECIES.indexInRange(i, end);
        Functions.exp(FloatVector.fromArray(SPECIES, x.data(), i, rest))
            .intoArray(x.data(), i, rest);
      }
    }
  }

  @Override
  public void exp(Block x, float[] shifts, float[] sums) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      float shift = shifts[row];
      int start = x.at(row, 0);
      int end = start + x.columns();
      FloatVector total = FloatVector.zero(SPECIES);
      int i = start;
      for (; i + LANES <= end; i += LANES) {
        FloatVector y = Functions.exp(FloatVector.fromArray(SPECIES, x.data(), i).sub(shift));
        y.intoArray(x.data(), i);
        total = total.add(y);
      }
      float sum = total.reduceLanes(VectorOperators.ADD);
      if (i < end) {
        VectorMask<Float> rest = SPECIES.indexInRange(i, end);
        FloatVector y = Functions.exp(FloatVector.fromArray(SPECIES, x.data(), i, rest).sub(shift));
        y.intoArray(x.data(), i, rest);
        sum += y.reduceLanes(VectorOperators.ADD, rest);
      }
      sums[row] += sum;
    }
  }

  @Override
  public void erf(Block x) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      int end = start + x.columns();
      int i = start;
      for (; i + LANES <= end; i += LANES) {
        Functions.erf(FloatVector.fromArray(SPECIES, x.data(), i)).intoArray(x.data(), i);
      }
      if (i < end) {
        VectorMask<Float> rest = SPECIES.indexInRange(i, end);
        Functions.erf(FloatVector.fromArray(SPECIES, x.data(), i, rest))
            .intoArray(x.data(), i, rest);
      }
    }
  }

  @Override
  public void gelu(Block x) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      int end = start + x.columns();
      int i = start;
      for (; i + LANES <= end; i += LANES) {
        Functions.gelu(FloatVector.fromArray(SPECIES, x.data(), i)).intoArray(x.data(), i);
      }
      if (i < end) {
        VectorMask<Float> rest = SPECIES.indexInRange(i, end);
        Functions.gelu(FloatVector.fromArray(SPECIES, x.data(), i, rest))
            .intoArray(x.data(), i, rest);
      }
    }
  }

  @Override
  public void normalise(Block x, Block gain, Block bias, double epsilon) {
    Fitting.requireNorm(x, gain, bias);
    for (int row = 0; row < x.rows(); row++) {
      Normalisation.row(x.data(), x.at(row, 0), gain, bias, epsilon);
    }
  }

  @Override
  public void standardise(Block x, double epsilon, float[] rates) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      rates[row] = Normalisation.row(x.data(), x.at(row, 0), x.columns(), epsilon);
    }
  }

  @Override
  public void rowMaxima(Block x, float[] maxima) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      maxima[row] = Math.max(maxima[row], Rows.max(x.data(), start, start + x.columns()));
    }
  }

  @Override
  public void rowSums(Block x, float[] sums) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      sums[row] += Rows.sum(x.data(), start, start + x.columns());
    }
  }

  @Override
  public void rowProducts(Block x, Block y, float[] sums) {
    Fitting.requireDense(x);
    Fitting.requireDense(y);
    Fitting.requireSameSize(x, y);
    for (int row = 0; row < x.rows(); row++) {
      sums[row] += Rows.dot(x.data(), x.at(row, 0), y.data(), y.at(row, 0), x.columns());
    }
  }

  @Override
  public void scaleRows(Block x, float[] factors) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      Rows.scale(x.data(), x.at(row, 0), x.columns(), factors[row]);
    }
  }

  @Override
  public void gatherProducts(
      float[] x, int xOffset, Block rows, int[] index, int from, int to, float[] into, int at) {
    Fitting.requireDense(rows);
    Gathered.products(x, xOffset, rows, index, from, to, into, at);
  }

  @Override
  public void addGathered(
      float[] weights,
      int at,
      Block rows,
      int[] index,
      int from,
      int to,
      float[] sum,
      int sumOffset) {
    Fitting.requireDense(rows);
    Gathered.add(weights, at, rows, index, from, to, sum, sumOffset);
  }

  @Override
  public void scatter(
      float[] weights, int at, float[] x, int xOffset, Block rows, int[] index, int from, int to) {
    Fitting.requireDense(rows);
    for (int i = from; i < to; i++) {
      Rows.addScaled(
          weights[at + i - from],
          x,
          xOffset,
          rows.data(),
          rows.offset() + index[i] * rows.rowStride(),
          rows.columns());
    }
  }
}
