package dev.saccade.gpu;

import java.util.stream.IntStream;

/**
 * softmax(QKᵀ·scale)·V and its gradients by the plain formula in double precision: what exact
 * kernels are tried by. Heads of keys are computed side by side on all cores.
 *
 * @param real 0 hides a key, {@code [B, T]}
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record PlainAttention(Sizes sizes, double[] query, double[] key, double[] value, double[] real) {

  /** {@code [B, H, T, D]} */
  double[] context() {
    double[] context = new double[query.length];
    Parallel.forEach(
        sizes.rows(),
        row -> {
          double[] weights = weights(row);
          for (int s = 0; s < keysBefore(row); s++) {
            add(weights[s], value, keyRow(row, s), context, row * sizes.headSize());
          }
        });
    return context;
  }

  /** Of query, key and value, given that of the context. */
  double[][] gradients(double[] gradient) {
    double[] ofQuery = new double[query.length];
    int length = sizes.length();
    int group = sizes.heads() / sizes.kvHeads();
    int parts = Math.max(1, Math.min(length, 2 * Runtime.getRuntime().availableProcessors()));
    double[] ofKey = new double[key.length];
    double[] ofValue = new double[value.length];
    for (int kvHead = 0; kvHead < sizes.batch() * sizes.kvHeads(); kvHead++) {
      int firstRow = kvHead * group * length;
      int count = group * length;
      double[][] sums =
          IntStream.range(0, parts)
              .parallel()
              .mapToObj(part -> part(gradient, firstRow, count, part, parts, ofQuery))
              .reduce(PlainAttention::sum)
              .orElseThrow();
      int numbers = length * sizes.headSize();
      System.arraycopy(sums[0], 0, ofKey, kvHead * numbers, numbers);
      System.arraycopy(sums[1], 0, ofValue, kvHead * numbers, numbers);
    }
    return new double[][] {ofQuery, ofKey, ofValue};
  }

  /** What some queries of a head of keys add to its gradients. */
  private double[][] part(
      double[] gradient, int firstRow, int count, int part, int parts, double[] ofQuery) {
    int headSize = sizes.headSize();
    double[] ofKey = new double[sizes.length() * headSize];
    double[] ofValue = new double[sizes.length() * headSize];
    double[] slopes = new double[sizes.length()];
    for (int i = part; i < count; i += parts) {
      int row = firstRow + i;
      double[] weights = weights(row);
      int keys = keysBefore(row);
      double mean = 0;
      for (int s = 0; s < keys; s++) {
        slopes[s] = dot(gradient, row * headSize, value, keyRow(row, s));
        mean += weights[s] * slopes[s];
      }
      for (int s = 0; s < keys; s++) {
        double slope = weights[s] * (slopes[s] - mean) * scale();
        add(slope, key, keyRow(row, s), ofQuery, row * headSize);
        add(slope, query, row * headSize, ofKey, s * headSize);
        add(weights[s], gradient, row * headSize, ofValue, s * headSize);
      }
    }
    return new double[][] {ofKey, ofValue};
  }

  private static double[][] sum(double[][] a, double[][] b) {
    double[][] sums = {a[0].clone(), a[1].clone()};
    for (int which = 0; which < sums.length; which++) {
      for (int i = 0; i < sums[which].length; i++) {
        sums[which][i] += b[which][i];
      }
    }
    return sums;
  }

  private double scale() {
    return scale(sizes);
  }

  /** As a kernel is told it. */
  static double scale(Sizes sizes) {
    return (float) (1 / Math.sqrt(sizes.headSize()));
  }

  private int keysBefore(int row) {
    return sizes.masking().causal() ? row % sizes.length() + 1 : sizes.length();
  }

  /** Of one query; zeros if it sees no key. */
  private double[] weights(int row) {
    int keys = keysBefore(row);
    double[] weights = new double[keys];
    int sequence = row / (sizes.heads() * sizes.length());
    double greatest = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < keys; s++) {
      boolean seen = real[sequence * sizes.length() + s] != 0;
      weights[s] =
          seen
              ? dot(query, row * sizes.headSize(), key, keyRow(row, s)) * scale()
              : Double.NEGATIVE_INFINITY;
      greatest = Math.max(greatest, weights[s]);
    }
    if (greatest == Double.NEGATIVE_INFINITY) {
      return new double[keys];
    }
    double sum = 0;
    for (int s = 0; s < keys; s++) {
      weights[s] = Math.exp(weights[s] - greatest);
      sum += weights[s];
    }
    for (int s = 0; s < keys; s++) {
      weights[s] /= sum;
    }
    return weights;
  }

  /** Where the key of a query's head begins. */
  private int keyRow(int row, int s) {
    int kvHead = row / sizes.length() / (sizes.heads() / sizes.kvHeads()); // of B·K
    return (kvHead * sizes.length() + s) * sizes.headSize();
  }

  private double dot(double[] a, int atA, double[] b, int atB) {
    double sum = 0;
    for (int d = 0; d < sizes.headSize(); d++) {
      sum += a[atA + d] * b[atB + d];
    }
    return sum;
  }

  private void add(double factor, double[] from, int at, double[] into, int to) {
    for (int d = 0; d < sizes.headSize(); d++) {
      into[to + d] += factor * from[at + d];
    }
  }
}
