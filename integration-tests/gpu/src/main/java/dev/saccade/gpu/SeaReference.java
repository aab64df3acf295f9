package dev.saccade.gpu;

import java.util.Arrays;

/**
 * SEA by its formulas (Lee et al., ICLR 2024), in plain Java: what kernels are tried by. Of the
 * options k and M alone differ from the defaults. {@link SeaPastReference} and {@link
 * SeaAroundReference} are what differs with a causal mask and without.
 *
 * <ol>
 *   <li>rough contexts: attention by random features φ to places and values
 *   <li>hidden = GELU(LN(W·[rough, value] + b)); strips and gates are linear in it
 *   <li>scores: the picture of strips of all heads, refined by convolutions, stretched to M
 *       columns; its softmax says which columns are worth a look
 *   <li>the greatest columns of every query over all heads are kept: {@link SeaChoice}
 *   <li>context = β·gate·softmax(q·k/√D over keys under kept columns)·v + (1 − β)·average: {@link
 *       SeaAttended}
 * </ol>
 *
 * <p>Values and places are zero at positions left out; padded keys are never attended to, but their
 * features count, as published.
 */
abstract class SeaReference {

  private static final float TIE = 1e-4f;

  final SeaNumbers in;
  final SeaArithmetic arithmetic;
  final int heads; // H
  final int length; // T
  final int size; // D
  final int width; // M
  final int strip; // W
  final int strips; // of a head
  final int channels; // of the picture
  final int[][] ranks; // [B][T], real keys up to a position
  private final double[] real; // [B, T]

  SeaReference(SeaNumbers in, SeaArithmetic arithmetic) {
    this.in = in;
    this.arithmetic = arithmetic;
    this.heads = in.sizes().heads();
    this.length = in.sizes().length();
    this.size = in.sizes().headSize();
    this.width = in.width();
    this.strip = in.stripWidth();
    this.strips = in.strips();
    this.channels = strips * heads;
    this.ranks = ranks(in.sizes());
    this.real = in.sizes().real();
  }

  /** The one that the masking asks for. */
  static SeaReference of(SeaNumbers in, SeaArithmetic arithmetic) {
    return in.sizes().masking().causal()
        ? new SeaPastReference(in, arithmetic)
        : new SeaAroundReference(in, arithmetic);
  }

  private static int[][] ranks(Sizes sizes) {
    double[] real = sizes.real();
    int[][] ranks = new int[sizes.batch()][sizes.length()];
    for (int b = 0; b < sizes.batch(); b++) {
      int count = 0;
      for (int t = 0; t < sizes.length(); t++) {
        count += real[b * sizes.length() + t] == 0 ? 0 : 1;
        ranks[b][t] = count;
      }
    }
    return ranks;
  }

  final boolean isReal(int b, int t) {
    return real[b * length + t] != 0;
  }

  /** Whether a position has no value, and its query no keys. */
  abstract boolean leftOut(int b, int t);

  /** Real keys that a query sees: those of the lowest ranks. */
  abstract int seen(int b, int t);

  /** L, of which a query keeps k. */
  abstract int lengthKnown(int b, int t);

  /**
   * Rough contexts of a head of the batch.
   *
   * @param rough written, {@code [T, 2D]}
   */
  abstract void mixRoughly(int head, double[] rough);

  /**
   * The estimate's logarithm up to a constant of each row, {@code [B, H, T, M]}.
   *
   * @param picture strips as {@link #strips} leaves them, which it may overwrite
   */
  abstract double[] paint(double[] picture);

  /**
   * What the dropped keys of every query of a head stand for.
   *
   * @param estimate as {@link #estimate} leaves it
   * @param averages written, {@code [T, D]}
   */
  abstract void average(int head, double[] estimate, double[] averages);

  /** What {@link #average} needs to know of the estimate: all, or nothing. */
  abstract double[] estimate(double[] hidden);

  /** What every query, of every head, is read from: GELU(LN(·)), {@code [B, H, T, 2D]}. */
  final double[] hidden() {
    double[] hidden = new double[in.sizes().rows() * 2 * size];
    Parallel.forEach(in.sizes().batch() * heads, head -> encode(head, hidden));
    return hidden;
  }

  private void encode(int head, double[] hidden) {
    double[] rough = new double[length * 2 * size];
    mixRoughly(head, rough);
    double[] seen = new double[3 * size]; // [rough, value]
    double[] weight = in.parameter("encoder.weight");
    double[] bias = in.parameter("encoder.bias");
    for (int t = 0; t < length; t++) {
      int row = head * length + t;
      System.arraycopy(rough, t * 2 * size, seen, 0, 2 * size);
      if (leftOut(head / heads, t)) {
        Arrays.fill(seen, 2 * size, 3 * size, 0);
      } else {
        System.arraycopy(in.value(), row * size, seen, 2 * size, size);
      }
      int at = row * 2 * size;
      for (int i = 0; i < 2 * size; i++) {
        double product = arithmetic.dot(weight, i * 3 * size, seen, 0, 3 * size);
        hidden[at + i] = arithmetic.rounded(product + bias[i]);
      }
      arithmetic.normalise(
          hidden,
          at,
          2 * size,
          in.parameter("encoder.norm.weight"),
          in.parameter("encoder.norm.bias"));
      for (int i = at; i < at + 2 * size; i++) {
        hidden[i] = arithmetic.gelu(hidden[i]);
      }
    }
  }

  /** The estimate's logarithm up to a constant of each row, {@code [B, H, T, M]}. */
  final double[] scores(double[] hidden) {
    int batch = in.sizes().batch();
    double[] picture = new double[batch * channels * length * strip]; // [B, T, channels, W]
    Parallel.forEach(batch * length, row -> strips(hidden, row, picture));
    return paint(picture);
  }

  private void strips(double[] hidden, int row, double[] picture) {
    double[] weight = in.parameter("rows.weight");
    double[] bias = in.parameter("rows.bias");
    int b = row / length;
    for (int h = 0; h < heads; h++) {
      int from = ((b * heads + h) * length + row % length) * 2 * size;
      int to = (row * heads + h) * strips * strip;
      for (int i = 0; i < strips * strip; i++) {
        double product = arithmetic.dot(weight, i * 2 * size, hidden, from, 2 * size);
        picture[to + i] = arithmetic.rounded(product + bias[i]);
      }
    }
  }

  /** Blends to more columns, averages to fewer. */
  final void resize(double[] wide, double[] scores, int at) {
    for (int m = 0; m < width; m++) {
      double sum = 0;
      if (width > wide.length) {
        double from = Math.max((m + 0.5) * wide.length / width - 0.5, 0);
        int below = (int) from;
        int above = Math.min(below + 1, wide.length - 1);
        sum = wide[below] * (1 - (from - below)) + wide[above] * (from - below);
      } else {
        int first = m * wide.length / width;
        int end = ((m + 1) * wide.length + width - 1) / width;
        for (int i = first; i < end; i++) {
          sum += wide[i];
        }
        sum /= end - first;
      }
      scores[at + m] = arithmetic.rounded(sum);
    }
  }

  /**
   * The estimate's logarithm with all rows on one scale, that of softmax, {@code [B, H, T, M]}:
   * what columns of several heads compete by.
   */
  final double[] logWeights(double[] scores) {
    double[] logs = scores.clone();
    Parallel.forEach(
        in.sizes().rows(),
        row -> {
          int at = row * width;
          double greatest = Double.NEGATIVE_INFINITY;
          for (int m = 0; m < width; m++) {
            greatest = Math.max(greatest, scores[at + m]);
          }
          double sum = 0;
          for (int m = 0; m < width; m++) {
            sum = arithmetic.rounded(sum + Math.exp(arithmetic.rounded(scores[at + m] - greatest)));
          }
          for (int m = 0; m < width; m++) {
            logs[at + m] = scores[at + m] - greatest - Math.log(sum);
          }
        });
    return logs;
  }

  /**
   * Attends to the keys under kept columns, and on average to the rest.
   *
   * @return {@code [B, H, T, D]}
   */
  final double[] context(double[] hidden, SeaAttended attended) {
    double[] context = new double[in.sizes().rows() * size];
    double[] estimate = estimate(hidden);
    Parallel.forEach(
        in.sizes().batch() * heads,
        head -> {
          double[] averages = new double[length * size];
          average(head, estimate, averages);
          double[] mixed = new double[size]; // Σ weight·v
          for (int t = 0; t < length; t++) {
            int row = head * length + t;
            Arrays.fill(mixed, 0);
            for (int i = 0; i < attended.keys()[row].length; i++) {
              int key = head * length + attended.keys()[row][i];
              arithmetic.add(attended.weights()[row][i], in.value(), key * size, mixed, 0, size);
            }
            double gate = gate(hidden, row);
            double beta = logistic(hidden, row, 1);
            for (int d = 0; d < size; d++) {
              double average =
                  Stored.rounded(arithmetic.rounded(averages[t * size + d]), arithmetic.stored());
              double part = arithmetic.rounded(arithmetic.rounded(gate * beta) * mixed[d]);
              double rest = arithmetic.rounded(arithmetic.rounded(1 - beta) * average);
              context[row * size + d] = arithmetic.rounded(part + rest);
            }
          }
        });
    return context;
  }

  /** What the weights of a query of a head are multiplied with. */
  final double gate(double[] hidden, int row) {
    return logistic(hidden, row, 0);
  }

  private double logistic(double[] hidden, int row, int which) {
    double product =
        arithmetic.dot(
            in.parameter("gates.weight"), which * 2 * size, hidden, row * 2 * size, 2 * size);
    return arithmetic.logistic(arithmetic.rounded(product + in.parameter("gates.bias")[which]));
  }

  /** Which column stands for a key, in the float32 of the definition. */
  final int column(int rank, int seen) {
    float part = (rank - 0.5f) / seen;
    return Math.max((int) Math.floor(part * width - TIE), 0);
  }
}
