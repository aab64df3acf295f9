package dev.saccade.gpu;

import java.util.Arrays;

/**
 * SEA without a causal mask, in linear time but for the attention.
 *
 * <ul>
 *   <li>φ(x) = exp(ω·x − |x|²/2 − shift) + 1e-4, x times D^-¼, with the shift a query's greatest
 *       ω·q, and of all keys the greatest ω·k; rough = Σ (φ(q)·φ(k_j)) u_j / Σ φ(q)·φ(k_j) with u =
 *       [place between the ends, value]
 *   <li>strips are halved to every second row and refined by convolutions, every row is doubled,
 *       joined over heads by a convolution, and stretched to T rows and M columns
 *   <li>L is the number of real keys; the average is Σ_j (mean of column(j) over all queries)·v_j,
 *       one for all queries
 * </ul>
 *
 * <p>Left out are padded positions.
 */
final class SeaAroundReference extends SeaReference {

  private static final double EPSILON = 1e-4;

  SeaAroundReference(SeaNumbers in, SeaArithmetic arithmetic) {
    super(in, arithmetic);
  }

  @Override
  boolean leftOut(int b, int t) {
    return !isReal(b, t);
  }

  @Override
  int seen(int b, int t) {
    return ranks[b][length - 1];
  }

  @Override
  int lengthKnown(int b, int t) {
    return Math.max(seen(b, t), 1);
  }

  @Override
  void mixRoughly(int head, double[] rough) {
    int features = in.features();
    double[] sums = new double[features * 2 * size]; // Σ φ(k)uᵀ
    double[] masses = new double[features]; // Σ φ(k)
    double[] placed = new double[2 * size]; // u
    double[] projected = new double[features];
    double greatest = Double.NEGATIVE_INFINITY; // of all keys, padding included
    for (int t = 0; t < length; t++) {
      greatest = Math.max(greatest, project(in.key(), head * length + t, projected));
    }
    for (int t = 0; t < length; t++) {
      int row = head * length + t;
      place(head / heads, t, row, placed);
      project(in.key(), row, projected);
      open(in.key(), row, greatest, projected);
      for (int f = 0; f < features; f++) {
        arithmetic.add(projected[f], placed, 0, sums, f * 2 * size, 2 * size);
        masses[f] = arithmetic.rounded(masses[f] + projected[f]);
      }
    }
    for (int t = 0; t < length; t++) {
      int row = head * length + t;
      open(in.query(), row, project(in.query(), row, projected), projected);
      int at = t * 2 * size;
      for (int f = 0; f < features; f++) {
        arithmetic.add(projected[f], sums, f * 2 * size, rough, at, 2 * size);
      }
      double mass = arithmetic.dot(projected, 0, masses, 0, features);
      for (int i = at; i < at + 2 * size; i++) {
        rough[i] = arithmetic.rounded(rough[i] / mass);
      }
    }
  }

  /**
   * [place, value]: a place is a blend of the two unit vectors next to it, the last real one's D.
   */
  private void place(int b, int t, int row, double[] placed) {
    Arrays.fill(placed, 0);
    if (leftOut(b, t)) {
      return;
    }
    double along = (ranks[b][t] - 1.0) / Math.max(seen(b, t) - 1, 1) * (size - 1);
    for (int d = 0; d < size; d++) {
      placed[d] = arithmetic.rounded(Math.max(0, 1 - Math.abs(along - d)));
    }
    System.arraycopy(in.value(), row * size, placed, size, size);
  }

  /** Writes ω·x, and returns the greatest. */
  private double project(double[] x, int row, double[] into) {
    double[] projection = in.parameter("performer.projection");
    double scale = arithmetic.rounded(Math.pow(size, -0.25));
    double greatest = Double.NEGATIVE_INFINITY;
    for (int f = 0; f < into.length; f++) {
      double product = arithmetic.dot(projection, f * size, x, row * size, size);
      into[f] = arithmetic.rounded(scale * product);
      greatest = Math.max(greatest, into[f]);
    }
    return greatest;
  }

  /** From ω·x to φ(x). */
  private void open(double[] x, int row, double shift, double[] features) {
    double square = arithmetic.dot(x, row * size, x, row * size, size);
    double half = arithmetic.rounded(square * arithmetic.rounded(0.5 / Math.sqrt(size)));
    double both = arithmetic.rounded(shift + half);
    for (int f = 0; f < features.length; f++) {
      double exponential = arithmetic.rounded(Math.exp(arithmetic.rounded(features[f] - both)));
      features[f] = arithmetic.rounded(exponential + EPSILON);
    }
  }

  @Override
  double[] paint(double[] picture) {
    int halved = (length + 1) / 2;
    double[] half = convolved(picture, length, channels, "paint.halve", halved, 2, 1, channels);
    open(half);
    double[] refined = convolved(half, halved, channels, "paint.refine", halved, 1, 1, channels);
    open(refined);
    double[] joined =
        convolved(refined, 2 * halved, channels, "paint.join", 2 * halved, 1, 2, heads);
    double[] scores = new double[in.sizes().rows() * width];
    Parallel.forEach(in.sizes().batch() * length, row -> stretch(joined, 2 * halved, row, scores));
    return scores;
  }

  private static void open(double[] picture) {
    for (int i = 0; i < picture.length; i++) {
      picture[i] = Math.max(picture[i], 0);
    }
  }

  /**
   * A 3×3 convolution with zeros outside.
   *
   * @param picture {@code [B, rows/repeat, inputs, W]}
   * @param rows that it is seen as
   * @param stride rows from one that is written to the next
   * @param repeat how often each row of the picture is seen
   * @return {@code [B, written, outputs, W]}
   */
  private double[] convolved(
      double[] picture,
      int rows,
      int inputs,
      String name,
      int written,
      int stride,
      int repeat,
      int outputs) {
    double[] weight = in.parameter(name + ".weight"); // [outputs, inputs, 3, 3]
    double[] bias = in.parameter(name + ".bias");
    double[] into = new double[in.sizes().batch() * written * outputs * strip];
    Parallel.forEach(
        in.sizes().batch() * written,
        at -> {
          int b = at / written;
          double[] line = new double[strip];
          for (int out = 0; out < outputs; out++) {
            Arrays.fill(line, 0);
            for (int down = 0; down < 3; down++) {
              int row = at % written * stride + down - 1;
              if (row < 0 || row >= rows) {
                continue;
              }
              int first = (b * (rows / repeat) + row / repeat) * inputs;
              for (int input = 0; input < inputs; input++) {
                int kernel = ((out * inputs + input) * 3 + down) * 3;
                addShifted(weight, kernel, picture, (first + input) * strip, line);
              }
            }
            for (int w = 0; w < strip; w++) {
              into[(at * outputs + out) * strip + w] = arithmetic.rounded(line[w] + bias[out]);
            }
          }
        });
    return into;
  }

  /** Adds a row to a line three times, shifted by one to the right, not at all, and to the left. */
  private void addShifted(double[] weight, int kernel, double[] picture, int from, double[] line) {
    for (int across = 0; across < 3; across++) {
      int shift = across - 1;
      int count = strip - Math.abs(shift);
      int first = Math.max(0, -shift);
      arithmetic.add(weight[kernel + across], picture, from + first + shift, line, first, count);
    }
  }

  /** Blends rows of which there may be one more, and columns of which there are half as many. */
  private void stretch(double[] joined, int rows, int row, double[] scores) {
    int b = row / length;
    int t = row % length;
    double from = Math.max((t + 0.5) * rows / length - 0.5, 0);
    int above = (int) from;
    int below = Math.min(above + 1, rows - 1);
    double[] line = new double[strip];
    for (int h = 0; h < heads; h++) {
      Arrays.fill(line, 0);
      arithmetic.add(
          arithmetic.rounded(1 - (from - above)),
          joined,
          ((b * rows + above) * heads + h) * strip,
          line,
          0,
          strip);
      arithmetic.add(
          arithmetic.rounded(from - above),
          joined,
          ((b * rows + below) * heads + h) * strip,
          line,
          0,
          strip);
      resize(line, scores, ((b * heads + h) * length + t) * width);
    }
  }

  /** {@code [B, H, T, M]}, which sums to one over M, and is zero where a query is left out. */
  @Override
  double[] estimate(double[] hidden) {
    double[] weights = logWeights(scores(hidden));
    Parallel.forEach(
        in.sizes().rows(),
        row -> {
          boolean leftOut = leftOut(row / (heads * length), row % length);
          for (int i = row * width; i < (row + 1) * width; i++) {
            weights[i] = leftOut ? 0 : arithmetic.rounded(Math.exp(weights[i]));
          }
        });
    return weights;
  }

  /** Sums are in double precision in kernels too. */
  @Override
  void average(int head, double[] estimate, double[] averages) {
    double[] columns = new double[width];
    for (int i = 0; i < length * width; i++) {
      columns[i % width] += estimate[head * length * width + i] / length;
    }
    double[] sum = new double[size];
    int b = head / heads;
    for (int j = 0; j < length; j++) {
      if (!leftOut(b, j)) {
        double column = columns[column(ranks[b][j], seen(b, j))];
        for (int d = 0; d < size; d++) {
          sum[d] += column * in.value()[(head * length + j) * size + d];
        }
      }
    }
    for (int at = 0; at < averages.length; at++) {
      averages[at] = sum[at % size];
    }
  }
}
