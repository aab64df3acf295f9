package dev.saccade.plugins.sea.cuda;

import java.util.List;

/**
 * softmax(QKᵀ·scale)·V and its gradients by the plain formula in double precision: what kernels are
 * tried by.
 *
 * @param real 0 hides a key, {@code [B, S]}
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them as records
record PlainAttention(
    AttentionSize size, double[] query, double[] key, double[] value, double[] real) {

  /** {@code [B, H, T, D]} */
  double[] context() {
    double[] context = new double[query.length];
    for (int row = 0; row < rows(); row++) {
      double[] weights = weights(row);
      for (int s = 0; s < size.keys(); s++) {
        for (int d = 0; d < size.headSize(); d++) {
          context[row * size.headSize() + d] += weights[s] * value[keyRow(row, s) + d];
        }
      }
    }
    return context;
  }

  /** Of query, key and value, given that of the context. */
  double[][] gradients(double[] gradient) {
    double[] ofQuery = new double[query.length];
    double[] ofKey = new double[key.length];
    double[] ofValue = new double[value.length];
    int headSize = size.headSize();
    for (int row = 0; row < rows(); row++) {
      double[] weights = weights(row);
      double[] slopes = slopes(row, weights, gradient);
      for (int s = 0; s < size.keys(); s++) {
        double slope = slopes[s];
        int at = keyRow(row, s);
        for (int d = 0; d < headSize; d++) {
          ofQuery[row * headSize + d] += slope * key[at + d];
          ofKey[at + d] += slope * query[row * headSize + d];
          ofValue[at + d] += weights[s] * gradient[row * headSize + d];
        }
      }
    }
    return new double[][] {ofQuery, ofKey, ofValue};
  }

  /**
   * Of context and gradients of query, key and value: the sums of the magnitudes of what is added
   * up, where one factor of each product is a weight or a slope. Rounding those errs by a part of
   * it.
   */
  List<double[]> magnitudes(double[] gradient) {
    double[] ofContext = new double[query.length];
    double[] ofQuery = new double[query.length];
    double[] ofKey = new double[key.length];
    double[] ofValue = new double[value.length];
    int headSize = size.headSize();
    for (int row = 0; row < rows(); row++) {
      double[] weights = weights(row);
      double[] slopes = slopes(row, weights, gradient);
      for (int s = 0; s < size.keys(); s++) {
        double slope = Math.abs(slopes[s]);
        int at = keyRow(row, s);
        for (int d = 0; d < headSize; d++) {
          ofContext[row * headSize + d] += weights[s] * Math.abs(value[at + d]);
          ofQuery[row * headSize + d] += slope * Math.abs(key[at + d]);
          ofKey[at + d] += slope * Math.abs(query[row * headSize + d]);
          ofValue[at + d] += weights[s] * Math.abs(gradient[row * headSize + d]);
        }
      }
    }
    return List.of(ofContext, ofQuery, ofKey, ofValue);
  }

  /** The gradients of q·k of one query, {@code [S]}. */
  private double[] slopes(int row, double[] weights, double[] gradient) {
    double[] slopes = new double[size.keys()];
    double mean = 0;
    for (int s = 0; s < size.keys(); s++) {
      slopes[s] = dot(gradient, row * size.headSize(), value, keyRow(row, s));
      mean += weights[s] * slopes[s];
    }
    for (int s = 0; s < size.keys(); s++) {
      slopes[s] = weights[s] * (slopes[s] - mean) * size.scale();
    }
    return slopes;
  }

  /** Of one query, {@code [S]}; zeros if it sees no key. */
  private double[] weights(int row) {
    double[] weights = new double[size.keys()];
    double greatest = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < size.keys(); s++) {
      boolean seen =
          real[row / (size.heads() * size.queries()) * size.keys() + s] != 0
              && (!size.causal() || s <= row % size.queries());
      weights[s] =
          seen
              ? dot(query, row * size.headSize(), key, keyRow(row, s)) * size.scale()
              : Double.NEGATIVE_INFINITY;
      greatest = Math.max(greatest, weights[s]);
    }
    if (greatest == Double.NEGATIVE_INFINITY) {
      return new double[size.keys()];
    }
    double sum = 0;
    for (int s = 0; s < size.keys(); s++) {
      weights[s] = Math.exp(weights[s] - greatest);
      sum += weights[s];
    }
    for (int s = 0; s < size.keys(); s++) {
      weights[s] /= sum;
    }
    return weights;
  }

  private int rows() {
    return size.batch() * size.heads() * size.queries();
  }

  /** Where the key of a query's head begins. */
  private int keyRow(int row, int s) {
    int kvHead = row / size.queries() / (size.heads() / size.kvHeads()); // of B·K
    return (kvHead * size.keys() + s) * size.headSize();
  }

  private double dot(double[] a, int atA, double[] b, int atB) {
    double sum = 0;
    for (int d = 0; d < size.headSize(); d++) {
      sum += a[atA + d] * b[atB + d];
    }
    return sum;
  }
}
