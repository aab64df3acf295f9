package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.engine.Nd4jPlatform;
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
 * The weights of a model by name: f32 arrays in C order that are no views.
 *
 * <p>It owns the arrays: a graph may use them, only {@link #close} frees them. The package says how
 * they are named. Reading is safe from any thread; what changes an array is up to the caller.
 */
public final class ModelWeights implements AutoCloseable {

  /** Of what {@link #initial} draws. */
  public static final double INITIAL_DEVIATION = 0.02;

  /** A file of another model lacks everything; nobody reads a thousand names. */
  private static final int SHOWN_FAULTS = 20;

  private final Map<String, INDArray> arrays;
  private boolean closed;

  private ModelWeights(Map<String, INDArray> arrays) {
    this.arrays = arrays;
  }

  /**
   * Takes over arrays that are complete: every weight that the layout asks for, in its shape, and
   * none besides.
   *
   * @param source where they come from, as messages name it
   * @throws SaccadeException when a weight is missing, misshapen or unknown, naming all of them;
   *     the arrays stay the caller's
   */
  public static ModelWeights of(WeightLayout layout, Map<String, INDArray> arrays, String source) {
    check(layout, shapesOf(arrays, INDArray::shape), source);
    return new ModelWeights(new LinkedHashMap<>(arrays));
  }

  /**
   * Draws the weights that an untrained model starts from, as BERT and OPT do: normal with standard
   * deviation {@value #INITIAL_DEVIATION}, biases 0, scales of layer normalisation 1. Parts that
   * the layout does not require are left out. Equal seeds give equal weights.
   */
  public static ModelWeights initial(WeightLayout layout, long seed) {
    Random random = new Random(seed);
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    layout
        .required()
        .forEach(
            (name, shape) ->
                tensors.put(
                    name, new StoredTensor(shape, () -> initialValues(name, shape, random))));
    return load(layout, tensors, "an untrained model");
  }

  private static float[] initialValues(String name, long[] shape, Random random) {
    float[] values =
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))];
    if (shape.length == 1 && name.endsWith(".weight")) {
      Arrays.fill(values, 1);
    } else if (!name.endsWith(".bias")) {
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (INITIAL_DEVIATION * random.nextGaussian());
      }
    }
    return values;
  }

  /** Checks the shapes before a value is read, and frees what was read when a later one fails. */
  static ModelWeights load(WeightLayout layout, Map<String, StoredTensor> tensors, String source) {
    check(layout, shapesOf(tensors, StoredTensor::shape), source);
    // A program may well read a model first, and ND4J must not be touched before this.
    Nd4jPlatform.start();
    ModelWeights weights = new ModelWeights(new LinkedHashMap<>());
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

  private static void check(WeightLayout layout, Map<String, long[]> shapes, String source) {
    List<String> faults = layout.faults(shapes);
    if (!faults.isEmpty()) {
      int shown = Math.min(SHOWN_FAULTS, faults.size());
      throw new SaccadeException(
          "%s does not hold the weights of this model: %s%s"
              .formatted(
                  source,
                  String.join("; ", faults.subList(0, shown)),
                  shown == faults.size() ? "" : "; and %d more".formatted(faults.size() - shown)));
    }
  }

  /** Returns the names of all weights. */
  public Set<String> names() {
    return Collections.unmodifiableSet(arrays.keySet());
  }

  /** Says whether there is a weight of this name, as of a head that not every model has. */
  public boolean has(String name) {
    return arrays.containsKey(name);
  }

  /** Returns how many numbers they are. */
  public long count() {
    return arrays.values().stream().mapToLong(INDArray::length).sum();
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
