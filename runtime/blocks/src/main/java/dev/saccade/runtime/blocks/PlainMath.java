package dev.saccade.runtime.blocks;

import dev.saccade.api.kernel.Arithmetic;
import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;

/**
 * {@link BlockMath} in ordinary Java. Loops along a row write side by side and carry no sum, so
 * that the JIT turns them into vector instructions; sums are in double precision.
 */
final class PlainMath implements BlockMath {

  private static final float SQRT_HALF = (float) Math.sqrt(0.5);

  @Override
  public Arithmetic arithmetic() {
    return Arithmetic.PLAIN;
  }

  @Override
  public void product(Block a, Block b, Block into) {
    Fitting.requireProduct(a, b, into);
    for (int row = 0; row < into.rows(); row++) {
      Arrays.fill(into.data(), into.at(row, 0), into.at(row, 0) + into.columns(), 0);
    }
    add(a, b, into);
  }

  @Override
  public void addProduct(Block a, Block b, Block into) {
    Fitting.requireProduct(a, b, into);
    add(a, b, into);
  }

  private static void add(Block a, Block b, Block into) {
    for (int row = 0; row < into.rows(); row++) {
      int p = 0;
      for (; p + 3 < a.columns(); p += 4) {
        addFourRows(a, b, into, row, p);
      }
      for (; p < a.columns(); p++) {
        addScaled(
            a.data()[a.at(row, p)],
            b.data(),
            b.at(p, 0),
            into.data(),
            into.at(row, 0),
            into.columns());
      }
    }
  }

  /** Four rows of b in one pass, which reads and writes the result a quarter as often. */
  private static void addFourRows(Block a, Block b, Block into, int row, int p) {
    float x0 = a.data()[a.at(row, p)];
    float x1 = a.data()[a.at(row, p + 1)];
    float x2 = a.data()[a.at(row, p + 2)];
    float x3 = a.data()[a.at(row, p + 3)];
    float[] bs = b.data();
    float[] cs = into.data();
    int b0 = b.at(p, 0);
    int b1 = b.at(p + 1, 0);
    int b2 = b.at(p + 2, 0);
    int b3 = b.at(p + 3, 0);
    int c = into.at(row, 0);
    for (int j = 0; j < into.columns(); j++) {
      cs[c + j] += x0 * bs[b0 + j] + x1 * bs[b1 + j] + x2 * bs[b2 + j] + x3 * bs[b3 + j];
    }
  }

  private static void addScaled(
      float factor, float[] x, int xOffset, float[] y, int yOffset, int length) {
    for (int i = 0; i < length; i++) {
      y[yOffset + i] += factor * x[xOffset + i];
    }
  }

  private static double dot(float[] x, int xOffset, float[] y, int yOffset, int length) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (double) x[xOffset + i] * y[yOffset + i];
    }
    return sum;
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
      for (int i = start; i < start + x.columns(); i++) {
        x.data()[i] = (float) Math.exp(x.data()[i]);
      }
    }
  }

  @Override
  public void exp(Block x, float[] shifts, float[] sums) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      double sum = 0;
      for (int i = start; i < start + x.columns(); i++) {
        x.data()[i] = (float) Math.exp(x.data()[i] - shifts[row]);
        sum += x.data()[i];
      }
      sums[row] += (float) sum;
    }
  }

  @Override
  public void erf(Block x) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      for (int i = start; i < start + x.columns(); i++) {
        x.data()[i] = erf(x.data()[i]);
      }
    }
  }

  @Override
  public void gelu(Block x) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      for (int i = start; i < start + x.columns(); i++) {
        float value = x.data()[i];
        x.data()[i] = 0.5f * value * (1 + erf(value * SQRT_HALF));
      }
    }
  }

  @Override
  public void normalise(Block x, Block gain, Block bias, double epsilon) {
    Fitting.requireNorm(x, gain, bias);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      double mean = mean(x, row);
      double rate = rate(x, row, mean, epsilon);
      for (int i = 0; i < x.columns(); i++) {
        double standard = (x.data()[start + i] - mean) * rate;
        x.data()[start + i] =
            (float) (standard * gain.data()[gain.at(0, i)] + bias.data()[bias.at(0, i)]);
      }
    }
  }

  @Override
  public void standardise(Block x, double epsilon, float[] rates) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      double mean = mean(x, row);
      double rate = rate(x, row, mean, epsilon);
      for (int i = start; i < start + x.columns(); i++) {
        x.data()[i] = (float) ((x.data()[i] - mean) * rate);
      }
      rates[row] = (float) rate;
    }
  }

  private static double mean(Block x, int row) {
    int start = x.at(row, 0);
    double sum = 0;
    for (int i = start; i < start + x.columns(); i++) {
      sum += x.data()[i];
    }
    return sum / x.columns();
  }

  /** One by the standard deviation. */
  private static double rate(Block x, int row, double mean, double epsilon) {
    int start = x.at(row, 0);
    double squares = 0;
    for (int i = start; i < start + x.columns(); i++) {
      double deviation = x.data()[i] - mean;
      squares += deviation * deviation;
    }
    return 1 / Math.sqrt(squares / x.columns() + epsilon);
  }

  /** As a quotient of polynomials, odd over even; beyond ±4 it is ±1 in float32. */
  private static float erf(float x) {
    double bounded = Math.max(-4, Math.min(4, (double) x));
    double square = bounded * bounded;
    double p = -2.72614225801306e-10;
    p = p * square + 2.77068142495902e-08;
    p = p * square - 2.10102402082508e-06;
    p = p * square - 5.69250639462346e-05;
    p = p * square - 7.34990630326855e-04;
    p = p * square - 2.95459980854025e-03;
    p = p * square - 1.60960333262415e-02;
    double q = -1.45660718464996e-05;
    q = q * square - 2.13374055278905e-04;
    q = q * square - 1.68282697438203e-03;
    q = q * square - 7.37332916720468e-03;
    q = q * square - 1.42647390514189e-02;
    return (float) (bounded * p / q);
  }

  @Override
  public void rowMaxima(Block x, float[] maxima) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      for (int i = start; i < start + x.columns(); i++) {
        maxima[row] = Math.max(maxima[row], x.data()[i]);
      }
    }
  }

  @Override
  public void rowSums(Block x, float[] sums) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      double sum = 0;
      for (int i = start; i < start + x.columns(); i++) {
        sum += x.data()[i];
      }
      sums[row] += (float) sum;
    }
  }

  @Override
  public void rowProducts(Block x, Block y, float[] sums) {
    Fitting.requireDense(x);
    Fitting.requireDense(y);
    Fitting.requireSameSize(x, y);
    for (int row = 0; row < x.rows(); row++) {
      sums[row] += (float) dot(x.data(), x.at(row, 0), y.data(), y.at(row, 0), x.columns());
    }
  }

  @Override
  public void scaleRows(Block x, float[] factors) {
    Fitting.requireDense(x);
    for (int row = 0; row < x.rows(); row++) {
      float factor = factors[row];
      int start = x.at(row, 0);
      for (int i = start; i < start + x.columns(); i++) {
        x.data()[i] *= factor;
      }
    }
  }

  @Override
  public void gatherProducts(
      float[] x, int xOffset, Block rows, int[] index, int from, int to, float[] into, int at) {
    Fitting.requireDense(rows);
    for (int i = from; i < to; i++) {
      into[at + i - from] =
          (float) dot(x, xOffset, rows.data(), rows.at(index[i], 0), rows.columns());
    }
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
    for (int i = from; i < to; i++) {
      addScaled(
          weights[at + i - from],
          rows.data(),
          rows.at(index[i], 0),
          sum,
          sumOffset,
          rows.columns());
    }
  }

  @Override
  public void scatter(
      float[] weights, int at, float[] x, int xOffset, Block rows, int[] index, int from, int to) {
    Fitting.requireDense(rows);
    for (int i = from; i < to; i++) {
      addScaled(
          weights[at + i - from], x, xOffset, rows.data(), rows.at(index[i], 0), rows.columns());
    }
  }
}
