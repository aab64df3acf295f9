package dev.saccade.runtime.engine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a run computed, by name.
 *
 * <p>The arrays are valid until this is closed, also across later runs and the closing of the
 * runner. Close it on the thread that uses the runner, or when nobody uses it.
 */
public final class GraphOutputs implements AutoCloseable {

  private final Map<String, INDArray> arrays;
  private final ArrayPool pool;

  GraphOutputs(Map<String, INDArray> arrays, ArrayPool pool) {
    this.arrays = new LinkedHashMap<>(arrays);
    this.pool = pool;
  }

  /** Returns an output; do not close it. */
  public INDArray get(String name) {
    INDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "no output is named %s; there are %s".formatted(name, arrays.keySet()));
    }
    return array;
  }

  /** Returns an output as a copy that the caller owns and closes. */
  public INDArray copy(String name) {
    return get(name).dup('c');
  }

  /** Returns an output's numbers as float32 in row-major order, on the heap. */
  public float[] floats(String name) {
    try (INDArray dense = copy(name)) {
      return dense.data().asFloat();
    }
  }

  /** Returns the one value of a scalar output, such as a loss. */
  public double scalar(String name) {
    return get(name).getDouble(0);
  }

  public Set<String> names() {
    return Set.copyOf(arrays.keySet());
  }

  /** Makes the memory of the outputs free for the next run. */
  @Override
  public void close() {
    arrays.values().forEach(pool::release);
    arrays.clear();
  }
}
