package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import java.util.List;

/**
 * What {@link PaintedPast} paints, one row at a time: every convolution keeps the four rows before
 * the present one that it looks back to.
 */
final class DecodedPainting {

  /** Rows between the oldest that a convolution sees and the present one. */
  private static final int BACK = 4;

  private final int heads;
  private final int channels;
  private final int width;
  private final int estimateWidth;
  private final List<String> refinements;
  private final DecodingWeights weights;

  /** For each convolution the rows 4, 3, 2 and 1 before the present one, {@code [2H, W]} each. */
  private final double[][][] before;

  DecodedPainting(AttentionSpec spec, SeaOptions options, DecodingWeights weights) {
    Strips strips = Strips.of(spec, options);
    this.heads = spec.heads();
    this.channels = strips.perHead() * heads;
    this.width = strips.width();
    this.estimateWidth = options.width();
    this.refinements = SeaParameters.refinements(options);
    this.weights = weights;
    this.before = new double[refinements.size()][BACK][channels * width];
  }

  private DecodedPainting(DecodedPainting original) {
    this.heads = original.heads;
    this.channels = original.channels;
    this.width = original.width;
    this.estimateWidth = original.estimateWidth;
    this.refinements = original.refinements;
    this.weights = original.weights;
    this.before = new double[refinements.size()][][];
    for (int layer = 0; layer < before.length; layer++) {
      before[layer] = original.before[layer].clone(); // rows are never written to again
    }
  }

  DecodedPainting copy() {
    return new DecodedPainting(this);
  }

  long bytes() {
    return (long) Double.BYTES * before.length * BACK * channels * width;
  }

  /**
   * Takes the next row.
   *
   * @param strips {@code [2H, W]}
   * @return its scores, {@code [H][M]}
   */
  double[][] paint(double[] strips) {
    double[] picture = strips.clone(); // [2H, W]
    for (int channel = 0; channel < channels; channel++) {
      weights.normalise(SeaParameters.STRIPS_NORM, picture, channel * width);
    }
    for (int layer = 0; layer < before.length; layer++) {
      double[][] rows = before[layer];
      double[] refined = refine(refinements.get(layer), rows[0], rows[2], picture);
      System.arraycopy(rows, 1, rows, 0, BACK - 1);
      rows[BACK - 1] = picture;
      picture = refined;
    }
    double[][] scores = new double[heads][];
    for (int head = 0; head < heads; head++) {
      scores[head] = resized(joined(picture, head));
      weights.normalise(SeaParameters.SCORES_NORM, scores[head], 0);
    }
    return scores;
  }

  /** A convolution over rows t − 4, t − 2 and t, and its ReLU. */
  private double[] refine(String name, double[] oldest, double[] older, double[] present) {
    double[] weight = weights.of(SeaParameters.weight(name)); // [2H, 2H, 3, 3]
    double[] bias = weights.of(SeaParameters.bias(name)); // [2H]
    double[] refined = new double[channels * width];
    List<double[]> rows = List.of(oldest, older, present);
    for (int out = 0; out < channels; out++) {
      for (int column = 0; column < width; column++) {
        double sum = bias[out];
        for (int in = 0; in < channels; in++) {
          for (int row = 0; row < 3; row++) {
            for (int side = 0; side < 3; side++) {
              int at = column + 2 * (side - 1);
              if (at >= 0 && at < width) {
                sum +=
                    weight[((out * channels + in) * 3 + row) * 3 + side]
                        * rows.get(row)[in * width + at];
              }
            }
          }
        }
        refined[out * width + column] = Math.max(sum, 0);
      }
    }
    return refined;
  }

  /** The strips of all heads as one row of a head, every column four times, {@code [4W + 2]}. */
  private double[] joined(double[] picture, int head) {
    double[] weight = weights.of(SeaParameters.weight(SeaParameters.PAINT_JOIN)); // [H, 2H, 1, 1]
    double bias = weights.of(SeaParameters.bias(SeaParameters.PAINT_JOIN))[head];
    double[] joined = new double[PaintedPast.WIDENING * width + 2];
    joined[0] = bias;
    joined[joined.length - 1] = bias;
    for (int column = 0; column < width; column++) {
      double sum = bias;
      for (int in = 0; in < channels; in++) {
        sum += weight[head * channels + in] * picture[in * width + column];
      }
      for (int copy = 0; copy < PaintedPast.WIDENING; copy++) {
        joined[1 + column * PaintedPast.WIDENING + copy] = sum;
      }
    }
    return joined;
  }

  /** To M columns. */
  private double[] resized(double[] row) {
    if (row.length == estimateWidth) {
      return row;
    }
    double[][] share = Stretch.columnWeights(row.length, estimateWidth);
    double[] resized = new double[estimateWidth];
    for (int from = 0; from < row.length; from++) {
      for (int to = 0; to < estimateWidth; to++) {
        resized[to] += row[from] * share[from][to];
      }
    }
    return resized;
  }
}
