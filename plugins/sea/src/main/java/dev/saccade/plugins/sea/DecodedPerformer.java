package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;

/** {@link CausalPerformer} as the running sums that it is: F·(2D + 1) numbers a head. */
final class DecodedPerformer {

  private final int size; // D
  private final int features; // F
  private final DecodingWeights weights;
  private final double[][] mass; // [H][F], Σφ(k)
  private final double[][] memory; // [H][F · 2D], Σφ(k)u

  DecodedPerformer(AttentionSpec spec, SeaOptions options, DecodingWeights weights) {
    this.size = spec.headSize();
    this.features = options.features(size);
    this.weights = weights;
    this.mass = new double[spec.heads()][features];
    this.memory = new double[spec.heads()][features * 2 * size];
  }

  private DecodedPerformer(DecodedPerformer original) {
    this.size = original.size;
    this.features = original.features;
    this.weights = original.weights;
    this.mass = new double[original.mass.length][];
    this.memory = new double[original.memory.length][];
    for (int head = 0; head < mass.length; head++) {
      mass[head] = original.mass[head].clone();
      memory[head] = original.memory[head].clone();
    }
  }

  DecodedPerformer copy() {
    return new DecodedPerformer(this);
  }

  long bytes() {
    return (long) Double.BYTES * mass.length * features * (2L * size + 1);
  }

  /**
   * Takes the key and value of the next position.
   *
   * @param value {@code [H][D]}
   * @param placed whether the position's learned vector goes with the value
   */
  void take(double[][] key, double[][] value, int position, boolean placed) {
    double[] vectors = weights.of(SeaParameters.POSITIONS); // [1, 1, positions, D]
    for (int head = 0; head < key.length; head++) {
      double[] feature = features(key[head]);
      for (int f = 0; f < features; f++) {
        mass[head][f] += feature[f];
        int row = f * 2 * size;
        for (int d = 0; d < size; d++) {
          if (placed) {
            memory[head][row + d] += feature[f] * vectors[position * size + d];
          }
          memory[head][row + size + d] += feature[f] * value[head][d];
        }
      }
    }
  }

  /** The rough context of each head's query, {@code [H][2D]}. */
  double[][] mix(double[][] query) {
    double[][] context = new double[query.length][2 * size];
    for (int head = 0; head < query.length; head++) {
      double[] feature = features(query[head]);
      double total = 0;
      for (int f = 0; f < features; f++) {
        total += feature[f] * (mass[head][f] + CausalPerformer.MASS);
        for (int d = 0; d < 2 * size; d++) {
          context[head][d] += feature[f] * memory[head][f * 2 * size + d];
        }
      }
      for (int d = 0; d < 2 * size; d++) {
        context[head][d] /= total;
      }
    }
    return context;
  }

  /** φ(x), {@code [F]}. */
  private double[] features(double[] x) {
    double[] projection = weights.of(SeaParameters.PROJECTION); // [F, D]
    double scale = Math.pow(size, -0.25);
    double[] feature = new double[features];
    for (int f = 0; f < features; f++) {
      double projected = scale * Numbers.dot(projection, f * size, x, 0, size);
      feature[f] = Math.max(projected, 0) + CausalPerformer.EPSILON;
    }
    return feature;
  }
}
