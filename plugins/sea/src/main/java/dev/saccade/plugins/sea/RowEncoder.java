package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;
import java.util.Arrays;

/** The encoder of {@link Estimate} for one position. */
record RowEncoder(AttentionSpec spec, SeaOptions options, DecodingWeights weights) {

  /**
   * Returns what the estimate and the gates of every head are read from, {@code [H][2D]}.
   *
   * @param context of the performer, {@code [H][2D]}
   * @param value {@code [H][D]}
   */
  double[][] encode(double[][] context, double[][] value) {
    int heads = spec.heads();
    int size = spec.headSize();
    double[][] seen = new double[heads][3 * size];
    for (int head = 0; head < heads; head++) {
      System.arraycopy(context[head], 0, seen[head], 0, 2 * size);
      System.arraycopy(value[head], 0, seen[head], 2 * size, size);
    }
    double[][] encoded = new double[heads][];
    if (options.jointEncoder()) {
      double[] together = hidden(Arrays.stream(seen).flatMapToDouble(Arrays::stream).toArray());
      for (int head = 0; head < heads; head++) {
        encoded[head] = Arrays.copyOfRange(together, 2 * size * head, 2 * size * (head + 1));
      }
    } else {
      for (int head = 0; head < heads; head++) {
        encoded[head] = hidden(seen[head]);
      }
    }
    return encoded;
  }

  private double[] hidden(double[] seen) {
    double[] hidden = weights.affine(SeaParameters.ENCODER, seen);
    weights.normalise(SeaParameters.ENCODER_NORM, hidden, 0);
    Arrays.setAll(hidden, i -> Numbers.gelu(hidden[i]));
    return hidden;
  }
}
