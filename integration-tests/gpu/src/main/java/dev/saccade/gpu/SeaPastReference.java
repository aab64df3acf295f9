package dev.saccade.gpu;

import java.util.Arrays;

/**
 * Causal SEA, in linear time but for the attention.
 *
 * <ul>
 *   <li>φ(x) = ReLU(D^-¼·ω·x) + 1e-3; rough_t = Σ_{j≤t} (φ(q_t)·φ(k_j)) u_j / φ(q_t)·(Σ φ(k_j) +
 *       1e-6) with u = [learned place, value]
 *   <li>strips are normalised, convolutions look back, and so joined and stretched rows are
 *       normalised again
 *   <li>L = t + 1, padding included; the average is the mean of the values so far
 * </ul>
 *
 * <p>Left out are the positions as long as only padding has been seen.
 */
final class SeaPastReference extends SeaReference {

  private static final double EPSILON = 1e-3;
  private static final double MASS = 1e-6;
  private static final int WIDENING = 4;

  SeaPastReference(SeaNumbers in, SeaArithmetic arithmetic) {
    super(in, arithmetic);
  }

  @Override
  boolean leftOut(int b, int t) {
    return ranks[b][t] == 0;
  }

  @Override
  int seen(int b, int t) {
    return ranks[b][t];
  }

  @Override
  int lengthKnown(int b, int t) {
    return t + 1;
  }

  @Override
  void mixRoughly(int head, double[] rough) {
    int features = in.features();
    double[] sums = new double[features * 2 * size]; // Σ φ(k)uᵀ
    double[] masses = new double[features]; // Σ φ(k)
    double[] placed = new double[2 * size]; // u
    double[] ofKey = new double[features];
    double[] ofQuery = new double[features];
    for (int t = 0; t < length; t++) {
      int row = head * length + t;
      if (!leftOut(head / heads, t)) {
        System.arraycopy(in.parameter("positions"), t * size, placed, 0, size);
        System.arraycopy(in.value(), row * size, placed, size, size);
      }
      features(in.key(), row, ofKey);
      features(in.query(), row, ofQuery);
      int at = t * 2 * size;
      double mass = 0;
      for (int f = 0; f < features; f++) {
        arithmetic.add(ofKey[f], placed, 0, sums, f * 2 * size, 2 * size);
        masses[f] = arithmetic.rounded(masses[f] + ofKey[f]);
        arithmetic.add(ofQuery[f], sums, f * 2 * size, rough, at, 2 * size);
        mass =
            arithmetic.rounded(
                mass + arithmetic.rounded(ofQuery[f] * arithmetic.rounded(masses[f] + MASS)));
      }
      for (int i = at; i < at + 2 * size; i++) {
        rough[i] = arithmetic.rounded(rough[i] / mass);
      }
    }
  }

  private void features(double[] x, int row, double[] into) {
    double[] projection = in.parameter("performer.projection");
    double scale = arithmetic.rounded(Math.pow(size, -0.25));
    for (int f = 0; f < into.length; f++) {
      double product = arithmetic.dot(projection, f * size, x, row * size, size);
      into[f] = arithmetic.rounded(Math.max(arithmetic.rounded(scale * product), 0) + EPSILON);
    }
  }

  @Override
  double[] paint(double[] picture) {
    for (int line = 0; line < picture.length; line += strip) {
      arithmetic.normalise(
          picture,
          line,
          strip,
          in.parameter("strips.norm.weight"),
          in.parameter("strips.norm.bias"));
    }
    double[] painted = refined(refined(picture, "paint.refine"), "paint.refine-again");
    double[] scores = new double[in.sizes().rows() * width];
    Parallel.forEach(in.sizes().batch() * length, row -> join(painted, row, scores));
    return scores;
  }

  /** ReLU of a 3×3 convolution of rows t − 4, t − 2, t and columns w − 2, w, w + 2. */
  private double[] refined(double[] picture, String name) {
    double[] weight = in.parameter(name + ".weight"); // [out, in, 3, 3]
    double[] bias = in.parameter(name + ".bias");
    double[] into = new double[picture.length];
    Parallel.forEach(
        in.sizes().batch() * length,
        row -> {
          double[] line = new double[strip];
          for (int out = 0; out < channels; out++) {
            Arrays.fill(line, 0);
            for (int tap = 0; tap < 3; tap++) {
              int back = 4 - 2 * tap;
              if (row % length < back) {
                continue;
              }
              for (int channel = 0; channel < channels; channel++) {
                int from = ((row - back) * channels + channel) * strip;
                for (int across = 0; across < 3; across++) {
                  int shift = 2 * across - 2;
                  int first = Math.max(0, -shift);
                  int count = strip - Math.abs(shift);
                  if (count > 0) {
                    double factor = weight[((out * channels + channel) * 3 + tap) * 3 + across];
                    arithmetic.add(factor, picture, from + first + shift, line, first, count);
                  }
                }
              }
            }
            int to = (row * channels + out) * strip;
            for (int w = 0; w < strip; w++) {
              into[to + w] = Math.max(arithmetic.rounded(line[w] + bias[out]), 0);
            }
          }
        });
    return into;
  }

  private void join(double[] picture, int row, double[] scores) {
    double[] weight = in.parameter("paint.join.weight"); // [H, 2H]
    double[] line = new double[strip];
    double[] wide = new double[WIDENING * strip + 2];
    for (int h = 0; h < heads; h++) {
      Arrays.fill(line, 0);
      for (int channel = 0; channel < channels; channel++) {
        arithmetic.add(
            weight[h * channels + channel],
            picture,
            (row * channels + channel) * strip,
            line,
            0,
            strip);
      }
      for (int w = 0; w < WIDENING * strip; w++) {
        wide[w + 1] = line[w / WIDENING]; // the bias is in all columns, so the norm takes it away
      }
      int at = ((row / length * heads + h) * length + row % length) * width;
      resize(wide, scores, at);
      arithmetic.normalise(
          scores, at, width, in.parameter("scores.norm.weight"), in.parameter("scores.norm.bias"));
    }
  }

  /** No average of the past may know the estimate of what comes. */
  @Override
  double[] estimate(double[] hidden) {
    return new double[0];
  }

  @Override
  void average(int head, double[] estimate, double[] averages) {
    double[] total = new double[size]; // a sum in double precision in kernels too
    for (int t = 0; t < length; t++) {
      for (int d = 0; d < size; d++) {
        if (!leftOut(head / heads, t)) {
          total[d] += in.value()[(head * length + t) * size + d];
        }
        averages[t * size + d] = total[d] / (t + 1);
      }
    }
  }
}
