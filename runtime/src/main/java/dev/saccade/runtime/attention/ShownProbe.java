package dev.saccade.runtime.attention;

import dev.saccade.api.ProbeValue;
import dev.saccade.runtime.engine.GraphOutputs;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SameDiff;

/** What a probe showed in one run, on the heap: a whole tensor, or a sparse matrix. */
public final class ShownProbe {

  private static final String ROWS = ".rows";
  private static final String COLUMNS = ".columns";
  private static final String VALUES = ".values";

  private final float @Nullable [] whole;
  private final @Nullable SparseMatrix sparse;

  private ShownProbe(float @Nullable [] whole, @Nullable SparseMatrix sparse) {
    this.whole = whole;
    this.sparse = sparse;
  }

  /** All numbers, row-major; not copied, so do not change them. */
  public float[] dense() {
    return whole != null ? whole : Objects.requireNonNull(sparse).dense();
  }

  /** The matrix, if the mechanism showed a sparse one. */
  public Optional<SparseMatrix> sparse() {
    return Optional.ofNullable(sparse);
  }

  /**
   * Makes what a probe shows an output of the graph.
   *
   * @param name unique in the graph
   * @return the outputs to ask a run for
   */
  public static List<String> addTo(SameDiff graph, String name, ProbeValue value) {
    if (value instanceof ProbeValue.Sparse sparse) {
      graph.identity(name + ROWS, sparse.rowPointers());
      graph.identity(name + COLUMNS, sparse.columns());
      graph.identity(name + VALUES, sparse.values());
      return List.of(name + ROWS, name + COLUMNS, name + VALUES);
    }
    graph.identity(name, ((ProbeValue.Dense) value).values());
    return List.of(name);
  }

  /**
   * Reads what a probe showed; nothing if it was not asked for.
   *
   * @param name as given to {@link #addTo}
   * @param keys S, for a sparse matrix
   */
  public static Optional<ShownProbe> of(GraphOutputs outputs, String name, long keys) {
    if (outputs.names().contains(name)) {
      return Optional.of(new ShownProbe(outputs.floats(name), null));
    }
    if (!outputs.names().contains(name + ROWS)) {
      return Optional.empty();
    }
    return Optional.of(
        new ShownProbe(
            null,
            new SparseMatrix(
                integers(outputs.floats(name + ROWS)),
                integers(outputs.floats(name + COLUMNS)),
                outputs.floats(name + VALUES),
                Math.toIntExact(keys))));
  }

  private static int[] integers(float[] numbers) {
    int[] integers = new int[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      integers[i] = (int) numbers[i];
    }
    return integers;
  }
}
