package dev.saccade.gpu;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Causal SEA by its formulas (Lee et al., ICLR 2024), in linear time and in plain Java: what
 * kernels are tried by. Of the options k and M alone differ from the defaults.
 *
 * <ol>
 *   <li>φ(x) = ReLU(D^-¼·ω·x) + 1e-3; rough_t = Σ_{j≤t} (φ(q_t)·φ(k_j)) u_j / φ(q_t)·(Σ φ(k_j) +
 *       1e-6) with u = [place, value]
 *   <li>hidden = GELU(LN(W·[rough, value] + b)); strips and gates are linear in it
 *   <li>picture = strips, normalised, refined by convolutions that look back, joined over heads,
 *       resized to M columns, normalised; its softmax says which columns are worth a look
 *   <li>of every query the max(1, rint(H·k·M/(t + 1))) greatest columns over all heads are kept
 *   <li>context = β·gate·softmax(q·k/√D over keys under kept columns)·v + (1 − β)·mean of v so far
 * </ol>
 *
 * <p>Values and places are zero as long as only padding has been seen; padded keys are never
 * attended to, but their features count, as published.
 */
final class SeaReference {

  private static final double EPSILON = 1e-3;
  private static final double MASS = 1e-6;
  private static final float TIE = 1e-4f;
  private static final int STRIPS = 2;
  private static final int WIDENING = 4;

  private final SeaNumbers in;
  private final SeaArithmetic arithmetic;
  private final int heads; // H
  private final int length; // T
  private final int size; // D
  private final int width; // M
  private final int strip; // W
  private final int[][] ranks; // [B][T], real keys up to a position

  SeaReference(SeaNumbers in, SeaArithmetic arithmetic) {
    this.in = in;
    this.arithmetic = arithmetic;
    this.heads = in.sizes().heads();
    this.length = in.sizes().length();
    this.size = in.sizes().headSize();
    this.width = in.width();
    this.strip = in.stripWidth();
    this.ranks = ranks(in.sizes());
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

  /** What every query, of every head, is read from: GELU(LN(·)), {@code [B, H, T, 2D]}. */
  double[] hidden() {
    double[] hidden = new double[in.sizes().rows() * 2 * size];
    Parallel.forEach(in.sizes().batch() * heads, head -> encode(head, hidden));
    return hidden;
  }

  private void encode(int head, double[] hidden) {
    int features = in.features();
    double[] sums = new double[features * 2 * size]; // Σ φ(k)uᵀ
    double[] masses = new double[features]; // Σ φ(k)
    double[] seen = new double[3 * size]; // [rough, value]
    double[] placed = new double[2 * size]; // u
    double[] ofKey = new double[features];
    double[] ofQuery = new double[features];
    double[] weight = in.parameter("encoder.weight");
    double[] bias = in.parameter("encoder.bias");
    for (int t = 0; t < length; t++) {
      int row = head * length + t;
      if (ranks[head / heads][t] > 0) {
        System.arraycopy(in.parameter("positions"), t * size, placed, 0, size);
        System.arraycopy(in.value(), row * size, placed, size, size);
      }
      features(in.key(), row, ofKey);
      features(in.query(), row, ofQuery);
      Arrays.fill(seen, 0, 2 * size, 0);
      double mass = 0;
      for (int f = 0; f < features; f++) {
        arithmetic.add(ofKey[f], placed, 0, sums, f * 2 * size, 2 * size);
        masses[f] = arithmetic.rounded(masses[f] + ofKey[f]);
        arithmetic.add(ofQuery[f], sums, f * 2 * size, seen, 0, 2 * size);
        mass =
            arithmetic.rounded(
                mass + arithmetic.rounded(ofQuery[f] * arithmetic.rounded(masses[f] + MASS)));
      }
      for (int i = 0; i < 2 * size; i++) {
        seen[i] = arithmetic.rounded(seen[i] / mass);
      }
      System.arraycopy(placed, size, seen, 2 * size, size);
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

  private void features(double[] x, int row, double[] into) {
    double[] projection = in.parameter("performer.projection");
    double scale = arithmetic.rounded(Math.pow(size, -0.25));
    for (int f = 0; f < into.length; f++) {
      double product = arithmetic.dot(projection, f * size, x, row * size, size);
      into[f] = arithmetic.rounded(Math.max(arithmetic.rounded(scale * product), 0) + EPSILON);
    }
  }

  /** The estimate's logarithm up to a constant of each row, {@code [B, H, T, M]}. */
  double[] scores(double[] hidden) {
    int channels = STRIPS * heads;
    int batch = in.sizes().batch();
    double[] picture = new double[batch * channels * length * strip]; // [B, T, 2H, W]
    Parallel.forEach(batch * length, row -> strips(hidden, row, picture));
    double[] painted = refined(refined(picture, "paint.refine"), "paint.refine-again");
    double[] scores = new double[in.sizes().rows() * width];
    Parallel.forEach(batch * length, row -> join(painted, row, scores));
    return scores;
  }

  private void strips(double[] hidden, int row, double[] picture) {
    double[] weight = in.parameter("rows.weight");
    double[] bias = in.parameter("rows.bias");
    int b = row / length;
    for (int h = 0; h < heads; h++) {
      int from = ((b * heads + h) * length + row % length) * 2 * size;
      int to = (row * heads + h) * STRIPS * strip;
      for (int i = 0; i < STRIPS * strip; i++) {
        double product = arithmetic.dot(weight, i * 2 * size, hidden, from, 2 * size);
        picture[to + i] = arithmetic.rounded(product + bias[i]);
      }
      for (int s = 0; s < STRIPS; s++) {
        arithmetic.normalise(
            picture,
            to + s * strip,
            strip,
            in.parameter("strips.norm.weight"),
            in.parameter("strips.norm.bias"));
      }
    }
  }

  /** ReLU of a 3×3 convolution of rows t − 4, t − 2, t and columns w − 2, w, w + 2. */
  private double[] refined(double[] picture, String name) {
    int channels = STRIPS * heads;
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
    int channels = STRIPS * heads;
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

  /** Blends to more columns, averages to fewer. */
  private void resize(double[] wide, double[] scores, int at) {
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
  double[] logWeights(double[] scores) {
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
   * Chooses the columns of every query.
   *
   * @param gaps written, {@code [B, T]}: how far the last that is kept is above the first that is
   *     not, as logarithms
   * @return {@code [B, H, T, M]}
   */
  boolean[] kept(double[] logs, double[] gaps) {
    boolean[] kept = new boolean[in.sizes().rows() * width];
    Parallel.forEach(
        in.sizes().batch() * length,
        row -> {
          int b = row / length;
          int t = row % length;
          if (ranks[b][t] == 0) {
            gaps[row] = Double.POSITIVE_INFINITY;
            return;
          }
          int[] entries = // of all heads, the greatest first; the earlier, of equal ones
              IntStream.range(0, heads * width)
                  .boxed()
                  .sorted((i, j) -> Double.compare(logs[at(b, t, j)], logs[at(b, t, i)]))
                  .mapToInt(Integer::intValue)
                  .toArray();
          int count = (int) Math.min(count(t), entries.length);
          for (int i = 0; i < count; i++) {
            kept[at(b, t, entries[i])] = true;
          }
          gaps[row] =
              count == entries.length
                  ? Double.POSITIVE_INFINITY
                  : logs[at(b, t, entries[count - 1])] - logs[at(b, t, entries[count])];
        });
    return kept;
  }

  /** Where entry h·M + m of a query is. */
  private int at(int b, int t, int entry) {
    return ((b * heads + entry / width) * length + t) * width + entry % width;
  }

  /** In the float32 of the definition; padding counts. */
  private long count(int t) {
    float columns = (float) ((double) in.kept() * width);
    float each = columns / (t + 1);
    return Math.max((long) Math.rint(each * heads), 1);
  }

  /**
   * Attends to the keys under kept columns, and on average to the rest.
   *
   * @return {@code [B, H, T, D]}
   */
  double[] context(double[] hidden, boolean[] kept) {
    double[] context = new double[in.sizes().rows() * size];
    double[] real = in.sizes().real();
    Parallel.forEach(
        in.sizes().batch() * heads,
        head -> {
          double[] total = new double[size];
          double[] scores = new double[length];
          double[] mixed = new double[size];
          for (int t = 0; t < length; t++) {
            int row = head * length + t;
            int b = head / heads;
            if (ranks[b][t] > 0) {
              for (int d = 0; d < size; d++) {
                total[d] += in.value()[row * size + d]; // a sum in double precision in kernels too
              }
            }
            Arrays.fill(mixed, 0);
            mix(row, b, t, real, kept, scores, mixed);
            double gate = gate(hidden, row, 0);
            double beta = gate(hidden, row, 1);
            for (int d = 0; d < size; d++) {
              double average =
                  Stored.rounded(arithmetic.rounded(total[d] / (t + 1)), arithmetic.stored());
              double part = arithmetic.rounded(arithmetic.rounded(gate * beta) * mixed[d]);
              double rest = arithmetic.rounded(arithmetic.rounded(1 - beta) * average);
              context[row * size + d] = arithmetic.rounded(part + rest);
            }
          }
        });
    return context;
  }

  private double gate(double[] hidden, int row, int which) {
    double product =
        arithmetic.dot(
            in.parameter("gates.weight"), which * 2 * size, hidden, row * 2 * size, 2 * size);
    return arithmetic.logistic(arithmetic.rounded(product + in.parameter("gates.bias")[which]));
  }

  /** Σ softmax·v over the keys under the kept columns of one query. */
  private void mix(
      int row, int b, int t, double[] real, boolean[] kept, double[] scores, double[] mixed) {
    int seen = ranks[b][t];
    int first = row - t;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int j = 0; j <= t; j++) {
      boolean attended = real[b * length + j] != 0 && kept[row * width + column(ranks[b][j], seen)];
      scores[j] =
          attended
              ? arithmetic.rounded(
                  PlainAttention.scale(in.sizes())
                      * arithmetic.dot(in.query(), row * size, in.key(), (first + j) * size, size))
              : Double.NEGATIVE_INFINITY;
      greatest = Math.max(greatest, scores[j]);
    }
    if (greatest == Double.NEGATIVE_INFINITY) {
      return;
    }
    double sum = 0;
    for (int j = 0; j <= t; j++) {
      scores[j] = arithmetic.rounded(Math.exp(arithmetic.rounded(scores[j] - greatest)));
      sum = arithmetic.rounded(sum + scores[j]);
    }
    for (int j = 0; j <= t; j++) {
      if (scores[j] != 0) {
        double weight = arithmetic.rounded(scores[j] / sum);
        arithmetic.add(weight, in.value(), (first + j) * size, mixed, 0, size);
      }
    }
  }

  /** Which column stands for a key, in the float32 of the definition. */
  private int column(int rank, int seen) {
    float part = (rank - 0.5f) / seen;
    return Math.max((int) Math.floor(part * width - TIE), 0);
  }
}
