package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionSpec;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What enters one attention layer, row-major. Three heads of seven features. */
final class LayerInputs {

  static final int H = 3;
  static final int D = 7;

  private final int batch;
  private final int queries;
  private final int keys;
  private final double[] query;
  private final double[] key;
  private final double[] value;
  private final double @Nullable [] real;

  private LayerInputs(
      int batch,
      int queries,
      int keys,
      double[] query,
      double[] key,
      double[] value,
      double @Nullable [] real) {
    this.batch = batch;
    this.queries = queries;
    this.keys = keys;
    this.query = query;
    this.key = key;
    this.value = value;
    this.real = real;
  }

  int batch() {
    return batch;
  }

  int queries() {
    return queries;
  }

  int keys() {
    return keys;
  }

  /** {@code [B, H, T, D]}. */
  double[] query() {
    return query;
  }

  /** {@code [B, H, S, D]}. */
  double[] key() {
    return key;
  }

  /** {@code [B, H, S, D]}. */
  double[] value() {
    return value;
  }

  /** {@code [B, S]}, one for a real key; null where the masking has no padding. */
  double @Nullable [] real() {
    return real;
  }

  /** Gaussian queries, keys and values; every key is real. */
  static LayerInputs gaussian(AttentionSpec spec, int batch, int queries, int keys) {
    Random random = new Random(17);
    double[] real = new double[batch * keys];
    Arrays.fill(real, 1);
    return new LayerInputs(
        batch,
        queries,
        keys,
        gaussian(random, batch * H * queries * D),
        gaussian(random, batch * H * keys * D),
        gaussian(random, batch * H * keys * D),
        spec.masking().padded() ? real : null);
  }

  private static double[] gaussian(Random random, int length) {
    double[] values = new double[length];
    Arrays.setAll(values, i -> random.nextGaussian());
    return values;
  }

  /** Makes some keys of one sequence padding; nothing where the masking has none. */
  LayerInputs hiding(int sequence, int... hidden) {
    if (real != null) {
      for (int s : hidden) {
        real[sequence * keys + s] = 0;
      }
    }
    return this;
  }

  boolean isReal(int sequence, int s) {
    return real == null || real[sequence * keys + s] == 1;
  }

  /**
   * One sequence of this batch followed by padding whose numbers are large, so that whoever looks
   * at them shows it.
   */
  LayerInputs aloneAndPadded(int sequence, int padding) {
    double[] longerReal = new double[keys + padding];
    for (int s = 0; s < keys; s++) {
      longerReal[s] = isReal(sequence, s) ? 1 : 0;
    }
    return new LayerInputs(
        1,
        queries + padding,
        keys + padding,
        padded(query, sequence, queries, padding, 30),
        padded(key, sequence, keys, padding, 30),
        padded(value, sequence, keys, padding, -99),
        longerReal);
  }

  private static double[] padded(
      double[] values, int sequence, int length, int padding, double filling) {
    double[] longer = new double[H * (length + padding) * D];
    Arrays.fill(longer, filling);
    for (int h = 0; h < H; h++) {
      System.arraycopy(
          values, (sequence * H + h) * length * D, longer, h * (length + padding) * D, length * D);
    }
    return longer;
  }
}
