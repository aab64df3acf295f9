package dev.saccade.gpu;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The keys under kept columns of every query of every head, and the softmax of their scores.
 *
 * @param keys positions, ascending, {@code [B·H·T][]}
 * @param weights what each has, {@code [B·H·T][]}; they sum to one where there are any
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaAttended(int[][] keys, double[][] weights) {

  /**
   * @param kept columns, {@code [B, H, T, M]}
   */
  static SeaAttended of(SeaReference reference, boolean[] kept) {
    int rows = reference.in.sizes().rows();
    SeaAttended attended = new SeaAttended(new int[rows][], new double[rows][]);
    Parallel.forEach(
        rows,
        row -> {
          attended.keys[row] = keys(reference, kept, row);
          attended.weights[row] = weights(reference, row, attended.keys[row]);
        });
    return attended;
  }

  private static int[] keys(SeaReference reference, boolean[] kept, int row) {
    int t = row % reference.length;
    int b = row / (reference.heads * reference.length);
    int seen = reference.seen(b, t);
    int[] ranks = reference.ranks[b];
    int width = reference.width;
    return IntStream.range(0, reference.length)
        .takeWhile(j -> ranks[j] <= seen)
        .filter(j -> reference.isReal(b, j))
        .filter(j -> kept[row * width + reference.column(ranks[j], seen)])
        .toArray();
  }

  private static double[] weights(SeaReference reference, int row, int[] keys) {
    SeaNumbers in = reference.in;
    SeaArithmetic arithmetic = reference.arithmetic;
    int size = reference.size;
    int first = row - row % reference.length;
    double[] weights = new double[keys.length];
    for (int i = 0; i < keys.length; i++) {
      double product =
          arithmetic.dot(in.query(), row * size, in.key(), (first + keys[i]) * size, size);
      weights[i] = arithmetic.rounded(PlainAttention.scale(in.sizes()) * product);
    }
    double greatest = Arrays.stream(weights).max().orElse(0);
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      weights[i] = arithmetic.rounded(Math.exp(arithmetic.rounded(weights[i] - greatest)));
      sum = arithmetic.rounded(sum + weights[i]);
    }
    for (int i = 0; i < weights.length; i++) {
      weights[i] = arithmetic.rounded(weights[i] / sum);
    }
    return weights;
  }
}
