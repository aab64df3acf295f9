package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights of a BERT encoder by name: f32 arrays in C order that are no views.
 *
 * <p>It owns the arrays: a graph may use them, only {@link #close} frees them. The package says how
 * they are named. Reading is safe from any thread; what changes an array is up to the caller.
 */
public final class BertWeights implements AutoCloseable {

  private final Map<String, INDArray> arrays;
  private boolean closed;

  private BertWeights(Map<String, INDArray> arrays) {
    this.arrays = arrays;
  }

  /**
   * Takes over arrays that are complete: every weight that the sizes ask for, in its shape, and
   * none besides. The pooler may be absent.
   *
   * @param source where they come from, as messages name it
   * @throws SaccadeException when a weight is missing, misshapen or unknown; the arrays stay the
   *     caller's
   */
  public static BertWeights of(BertConfig config, Map<String, INDArray> arrays, String source) {
    check(config, shapesOf(arrays, INDArray::shape), source);
    return new BertWeights(new LinkedHashMap<>(arrays));
  }

  /**
   * Draws the weights that an untrained encoder starts from, as BERT does: normal with standard
   * deviation 0.02, biases 0, scales 1. Equal seeds give equal weights.
   */
  public static BertWeights initial(BertConfig config, long seed) {
    Random random = new Random(seed);
    Map<String, long[]> shapes = config.shapes();
    shapes.putAll(config.poolerShapes());
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    shapes.forEach(
        (name, shape) ->
            tensors.put(name, new StoredTensor(shape, () -> initialValues(name, shape, random))));
    return load(config, tensors, "an untrained encoder");
  }

  private static float[] initialValues(String name, long[] shape, Random random) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    if (name.endsWith("LayerNorm.weight")) {
      Arrays.fill(values, 1);
    } else if (!name.endsWith(".bias")) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (0.02 * random.nextGaussian());
      }
    }
    return values;
  }

  /** Checks the shapes before a value is read, and frees what was read when a later one fails. */
  static BertWeights load(BertConfig config, Map<String, StoredTensor> tensors, String source) {
    check(config, shapesOf(tensors, StoredTensor::shape), source);
    // A program may well read a model first, and ND4J must not be touched before this.
    Nd4jPlatform.start();
    BertWeights weights = new BertWeights(new LinkedHashMap<>());
    try {
      tensors.forEach(
          (name, tensor) ->
              weights.arrays.put(name, Nd4j.create(tensor.values(), tensor.shape(), 'c')));
      return weights;
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  private static <T> Map<String, long[]> shapesOf(Map<String, T> tensors, Function<T, long[]> of) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> shapes.put(name, of.apply(tensor)));
    return shapes;
  }

  private static void check(BertConfig config, Map<String, long[]> shapes, String source) {
    List<String> faults = faults(config, shapes);
    if (!faults.isEmpty()) {
      int shown = Math.min(5, faults.size());
      throw new SaccadeException(
          "%s does not hold the weights of this encoder: %s%s"
              .formatted(
                  source,
                  String.join("; ", faults.subList(0, shown)),
                  shown == faults.size() ? "" : "; and %d more".formatted(faults.size() - shown)));
    }
  }

  private static List<String> faults(BertConfig config, Map<String, long[]> shapes) {
    Map<String, long[]> expected = config.shapes();
    if (config.poolerShapes().keySet().stream().anyMatch(shapes::containsKey)) {
      expected.putAll(config.poolerShapes());
    }
    List<String> faults = new ArrayList<>();
    expected.forEach(
        (name, shape) -> {
          long[] actual = shapes.get(name);
          if (actual == null) {
            faults.add("%s %s is missing".formatted(name, Arrays.toString(shape)));
          } else if (!Arrays.equals(shape, actual)) {
            faults.add(
                "%s must be %s but is %s"
                    .formatted(name, Arrays.toString(shape), Arrays.toString(actual)));
          }
        });
    shapes.keySet().stream()
        .filter(name -> !expected.containsKey(name))
        .forEach(name -> faults.add(name + " has no place in it"));
    return faults;
  }

  /** Returns the names of all weights. */
  public Set<String> names() {
    return Collections.unmodifiableSet(arrays.keySet());
  }

  /** Says whether the dense layer over the first position, {@code pooler.dense}, is there. */
  public boolean hasPooler() {
    return arrays.containsKey("pooler.dense.kernel");
  }

  /**
   * Returns the weight itself, not a copy.
   *
   * @throws SaccadeException when there is none of that name; the message names the nearest
   * @throws IllegalStateException after {@link #close}
   */
  public INDArray get(String name) {
    if (closed) {
      throw new IllegalStateException("these weights are closed");
    }
    INDArray array = arrays.get(name);
    if (array == null) {
      throw new SaccadeException(
          "no weight is named %s; near it: %s".formatted(name, String.join(", ", nearest(name))));
    }
    return array;
  }

  private List<String> nearest(String name) {
    return arrays.keySet().stream()
        .sorted(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .limit(3)
        .toList();
  }

  /** Levenshtein's distance: the single-character edits between two names. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    Arrays.setAll(previous, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
      }
      previous = current;
    }
    return previous[b.length()];
  }

  /** Frees the native memory of every weight; closing again does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      arrays.values().forEach(INDArray::close);
    }
  }
}
