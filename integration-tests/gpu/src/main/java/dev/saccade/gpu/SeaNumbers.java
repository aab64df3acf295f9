package dev.saccade.gpu;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What goes into SEA, by name.
 *
 * @param sizes B, H, T, D
 * @param kept k
 * @param width M
 * @param query {@code [B, H, T, D]}, as key and value
 * @param parameters each as the layer declares it
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record SeaNumbers(
    Sizes sizes,
    int kept,
    int width,
    double[] query,
    double[] key,
    double[] value,
    Map<String, double[]> parameters) {

  double[] parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  /** F. */
  int features() {
    return parameter("performer.projection").length / sizes.headSize();
  }

  /** Strips of a head, before the picture is refined. */
  int strips() {
    return sizes.masking().causal() ? 2 : 4;
  }

  /** W, columns of a strip. */
  int stripWidth() {
    return sizes.masking().causal() ? width / 4 : width / 2;
  }

  /** Numbers beside these, one step of float32 off: another sample of how rounding falls. */
  SeaNumbers nudged(long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    Map<String, double[]> others = new LinkedHashMap<>();
    parameters.forEach((name, values) -> others.put(name, nudged(values, random)));
    return new SeaNumbers(
        sizes,
        kept,
        width,
        nudged(query, random),
        nudged(key, random),
        nudged(value, random),
        others);
  }

  private static double[] nudged(double[] values, RandomGenerator random) {
    double[] others = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      float number = (float) values[i];
      others[i] = random.nextBoolean() ? Math.nextUp(number) : Math.nextDown(number);
    }
    return others;
  }

  /** These numbers moved by a multiple of directions, in the order of {@code names}. */
  SeaNumbers moved(double step, List<String> names, List<double[]> directions) {
    Map<String, double[]> all = new LinkedHashMap<>(parameters);
    all.put("query", query);
    all.put("key", key);
    all.put("value", value);
    for (int i = 0; i < names.size(); i++) {
      double[] from = Objects.requireNonNull(all.get(names.get(i)), names.get(i));
      double[] direction = directions.get(i);
      double[] to = new double[from.length];
      for (int j = 0; j < to.length; j++) {
        to[j] = from[j] + step * direction[j];
      }
      all.put(names.get(i), to);
    }
    double[] movedQuery = Objects.requireNonNull(all.remove("query"));
    double[] movedKey = Objects.requireNonNull(all.remove("key"));
    double[] movedValue = Objects.requireNonNull(all.remove("value"));
    return new SeaNumbers(sizes, kept, width, movedQuery, movedKey, movedValue, all);
  }
}
