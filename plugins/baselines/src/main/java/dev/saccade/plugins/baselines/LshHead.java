package dev.saccade.plugins.baselines;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Attention of one head to the keys that {@linkplain LshNeighbours hashing} gives, forward and
 * backward.
 *
 * <p>Queries are keys too, at length one. All rounds go into one softmax: weighing each round's
 * softmax by its mass, as the paper does, is the same. Which keys are seen carries no gradient.
 */
final class LshHead {

  /** The logit of a query's own key, which counts only where there is no other. */
  private static final double SELF = -5e4;

  /** Below this length a vector has no direction. */
  private static final double NO_LENGTH = 1e-12;

  private final LshSettings settings;
  private final int headSize;
  private final double[] queries;
  private final double[] keys;
  private final double[] lengths;
  private final double @Nullable [] real;
  private final double[] rotations;

  /** What one query sees: the first so many of these are in use. */
  private final int[] seen;

  private final double[] weights;

  /**
   * @param queries {@code [T, D]}
   * @param rotations {@code [D, hashes, R or more]}
   * @param real {@code [T]}, zero for keys that nobody else may see; all may be seen if null
   */
  LshHead(
      LshSettings settings,
      int headSize,
      double[] queries,
      double[] rotations,
      double @Nullable [] real) {
    this.settings = settings;
    this.headSize = headSize;
    this.queries = queries;
    this.lengths = new double[queries.length / headSize];
    this.keys = new double[queries.length];
    for (int t = 0; t < lengths.length; t++) {
      lengths[t] = Math.sqrt(dot(queries, t, queries, t, headSize));
      axpy(1 / Math.max(lengths[t], NO_LENGTH), queries, t, keys, t, headSize);
    }
    this.real = real;
    this.rotations = rotations;
    this.seen = new int[2 * settings.bucketSize() * settings.hashes()];
    this.weights = new double[seen.length];
  }

  /**
   * Returns the mixed values.
   *
   * @param values {@code [T, width]}; of any width
   * @return {@code [T, width]}
   */
  double[] forward(double[] values) {
    int width = values.length / lengths.length;
    double[] context = new double[values.length];
    LshNeighbours neighbours = neighbours();
    for (int t = 0; t < lengths.length; t++) {
      int count = weigh(neighbours, t);
      for (int i = 0; i < count; i++) {
        axpy(weights[i], values, seen[i], context, t, width);
      }
    }
    return context;
  }

  /**
   * Adds up what arrives at queries and values. The weights are computed anew.
   *
   * @param values {@code [T, width]}
   * @param contextGradient {@code [T, width]}
   * @param queryGradient to be added to, {@code [T, D]}
   * @param valueGradient to be added to, {@code [T, width]}
   */
  void backward(
      double[] values, double[] contextGradient, double[] queryGradient, double[] valueGradient) {
    int width = values.length / lengths.length;
    double scale = 1 / Math.sqrt(headSize);
    double[] keyGradient = new double[queries.length];
    double[] gains = new double[seen.length];
    LshNeighbours neighbours = neighbours();
    for (int t = 0; t < lengths.length; t++) {
      int count = weigh(neighbours, t);
      double mean = 0;
      for (int i = 0; i < count; i++) {
        gains[i] = dot(contextGradient, t, values, seen[i], width);
        mean += weights[i] * gains[i];
        axpy(weights[i], contextGradient, t, valueGradient, seen[i], width);
      }
      for (int i = 0; i < count; i++) {
        if (seen[i] == t) {
          continue; // its logit is a constant
        }
        double slope = weights[i] * (gains[i] - mean) * scale;
        axpy(slope, keys, seen[i], queryGradient, t, headSize);
        axpy(slope, queries, t, keyGradient, seen[i], headSize);
      }
    }
    for (int t = 0; t < lengths.length; t++) {
      if (lengths[t] <= NO_LENGTH) {
        continue; // a vector without direction turns nowhere
      }
      double outwards = dot(keys, t, keyGradient, t, headSize);
      axpy(1 / lengths[t], keyGradient, t, queryGradient, t, headSize);
      axpy(-outwards / lengths[t], keys, t, queryGradient, t, headSize);
    }
  }

  private LshNeighbours neighbours() {
    return LshNeighbours.of(settings, LshBuckets.of(settings, queries, rotations, headSize));
  }

  /** Fills {@link #seen} and {@link #weights} for one query and returns how many there are. */
  private int weigh(LshNeighbours neighbours, int t) {
    int found = neighbours.find(t, seen);
    int count = 0;
    for (int i = 0; i < found; i++) {
      int s = seen[i];
      if (s == t || visible(t, s)) {
        double logit = s == t ? SELF : dot(queries, t, keys, s, headSize) / Math.sqrt(headSize);
        double repeats = settings.repeatsDivided() ? Math.log(neighbours.times(t, s)) : 0;
        seen[count] = s;
        weights[count] = logit - repeats;
        count++;
      }
    }
    softmax(weights, count);
    return count;
  }

  private static void softmax(double[] logits, int count) {
    double greatest = Arrays.stream(logits, 0, count).max().orElseThrow();
    double mass = 0;
    for (int i = 0; i < count; i++) {
      logits[i] = Math.exp(logits[i] - greatest);
      mass += logits[i];
    }
    for (int i = 0; i < count; i++) {
      logits[i] /= mass;
    }
  }

  private boolean visible(int t, int s) {
    return s < lengths.length && (real == null || real[s] > 0) && (s <= t || !settings.causal());
  }

  /** a[i]·b[j], of the rows of two matrices. */
  private static double dot(double[] a, int i, double[] b, int j, int width) {
    double sum = 0;
    for (int d = 0; d < width; d++) {
      sum += a[i * width + d] * b[j * width + d];
    }
    return sum;
  }

  /** to[j] += factor · from[i], of the rows of two matrices. */
  private static void axpy(double factor, double[] from, int i, double[] to, int j, int width) {
    for (int d = 0; d < width; d++) {
      to[j * width + d] += factor * from[i * width + d];
    }
  }
}
