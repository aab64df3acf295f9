package dev.saccade.runtime.engine.op;

import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * softmax(QKᵀ)·V without the matrix, for a teacher: no gradient passes.
 *
 * <p>Inputs: query {@code [B, H, T, D]}, scaled; key {@code [B, K, S, D]}; value {@code [B, K, S,
 * E]}; and, if there is padding, one for a real key and zero for another, {@code [B, S]}. Integer
 * argument: whether a query sees no later key, one or zero. A query that sees no key gets zeros.
 *
 * <p>Queries take the keys a tile at a time, with the exponentials of all before counted from the
 * greatest so far (Milakov and Gimelshein 2018).
 */
final class ExactContextKernel implements GraphKernel {

  private static final int QUERIES = 32;
  private static final int KEYS = 128;

  private final Rows rows;

  ExactContextKernel(Rows rows) {
    this.rows = rows;
  }

  @Override
  public BackwardReads backwardReads() {
    return BackwardReads.INPUTS;
  }

  @Override
  public List<long[]> outputShapes(List<long[]> inputShapes, KernelArguments arguments) {
    long[] query = inputShapes.get(0);
    long[] key = inputShapes.get(1);
    long[] value = inputShapes.get(2);
    Shapes.require(
        query.length == 4
            && key.length == 4
            && value.length == 4
            && key[0] == query[0]
            && query[1] % key[1] == 0
            && key[3] == query[3]
            && Arrays.equals(Arrays.copyOf(key, 3), Arrays.copyOf(value, 3)),
        "query, key and value must be [B, H, T, D], [B, K, S, D] and [B, K, S, E], K a divisor of H,",
        query,
        key,
        value);
    return List.of(Shapes.withLast(query, Shapes.last(value)));
  }

  @Override
  public void forward(INDArray[] inputs, INDArray[] outputs, KernelArguments arguments) {
    long[] query = inputs[0].shape();
    long tasksOfHead = (query[2] + QUERIES - 1) / QUERIES;
    rows.split(
        query[0] * query[1] * tasksOfHead,
        Math.toIntExact(Math.max(KEYS, query[2])) * Shapes.last(query),
        (chunk, first, end) -> {
          Tile tile = new Tile(inputs, outputs[0], arguments.integer(0) == 1);
          for (long task = first; task < end; task++) {
            tile.attend(task / tasksOfHead, (int) (task % tasksOfHead) * QUERIES);
          }
        });
  }

  @Override
  public void backward(
      INDArray[] inputs,
      INDArray[] outputs,
      INDArray[] outputGradients,
      @Nullable INDArray[] inputGradients,
      KernelArguments arguments) {
    for (INDArray gradient : inputGradients) {
      if (gradient != null) {
        gradient.assign(0);
      }
    }
  }

  /** Some queries of one head and a tile of keys; for one thread. */
  private static final class Tile {

    private final int heads;
    private final int sharing; // heads with the same keys
    private final int queries;
    private final int keys;
    private final int size; // D
    private final int width; // E
    private final boolean causal;
    private final Arithmetic arithmetic;
    private final Elements.Cursor query; // [QUERIES, D]
    private final Elements.Cursor key; // [KEYS, D]
    private final Elements.Cursor value; // [KEYS, E]
    private final Elements.@Nullable Cursor real; // [KEYS]
    private final Elements.Cursor context; // [QUERIES, E]
    private final double[] byFeature; // [D, KEYS]
    private final double[] weights = new double[KEYS];
    private final double[] greatest = new double[QUERIES];
    private final double[] sums = new double[QUERIES];

    Tile(INDArray[] inputs, INDArray output, boolean causal) {
      this.heads = Math.toIntExact(inputs[0].size(1));
      this.sharing = heads / Math.toIntExact(inputs[1].size(1));
      this.queries = Math.toIntExact(inputs[0].size(2));
      this.keys = Math.toIntExact(inputs[1].size(2));
      this.size = Math.toIntExact(inputs[0].size(3));
      this.width = Math.toIntExact(inputs[2].size(3));
      this.causal = causal;
      this.arithmetic = Elements.of(output).arithmetic();
      this.query = Elements.of(inputs[0]).cursor(QUERIES * size);
      this.key = Elements.of(inputs[1]).cursor(KEYS * size);
      this.value = Elements.of(inputs[2]).cursor(KEYS * width);
      this.real = inputs.length > 3 ? Elements.of(inputs[3]).cursor(KEYS) : null;
      this.context = Elements.of(output).cursor(QUERIES * width);
      this.byFeature = new double[size * KEYS];
    }

    /**
     * @param head of B·H
     * @param from the first query
     */
    void attend(long head, int from) {
      int count = Math.min(QUERIES, queries - from);
      int end = causal ? Math.min(from + count, keys) : keys;
      long keyHead = head / sharing;
      query.read((head * queries + from) * size, count * size);
      Arrays.fill(greatest, Double.NEGATIVE_INFINITY);
      Arrays.fill(sums, 0);
      Arrays.fill(context.values(), 0);
      for (int first = 0; first < end; first += KEYS) {
        int some = Math.min(KEYS, end - first);
        key.read((keyHead * keys + first) * size, some * size);
        value.read((keyHead * keys + first) * width, some * width);
        if (real != null) {
          real.read(head / heads * keys + first, some);
        }
        transpose(some);
        for (int row = 0; row < count; row++) {
          int seen = causal ? Math.min(from + row + 1 - first, some) : some;
          if (seen > 0) {
            meet(row, seen);
          }
        }
      }
      for (int row = 0; row < count; row++) {
        scale(row, sums[row] == 0 ? 0 : 1 / sums[row]);
      }
      context.write((head * queries + from) * width, count * width);
    }

    private void transpose(int some) {
      double[] rows = key.values();
      for (int i = 0; i < some; i++) {
        for (int d = 0; d < size; d++) {
          byFeature[d * KEYS + i] = rows[i * size + d];
        }
      }
    }

    /** Takes the first {@code seen} keys of the tile in. */
    private void meet(int row, int seen) {
      score(row, seen);
      double before = greatest[row];
      double now = Math.max(before, Arithmetic.maxPassingOverNan(weights, seen));
      if (now == Double.NEGATIVE_INFINITY) {
        return;
      }
      for (int i = 0; i < seen; i++) {
        weights[i] -= now;
      }
      arithmetic.exponential(weights, seen);
      blank(seen);
      double shrink = Math.exp(before - now); // what was summed under the old greatest
      sums[row] = sums[row] * shrink + Arithmetic.sum(weights, seen);
      greatest[row] = now;
      scale(row, shrink);
      double[] values = value.values();
      double[] sum = context.values();
      for (int i = 0; i < seen; i++) {
        double weight = weights[i];
        for (int d = 0; d < width; d++) {
          sum[row * width + d] += weight * values[i * width + d];
        }
      }
    }

    private void score(int row, int seen) {
      double[] asking = query.values();
      Arrays.fill(weights, 0, seen, 0);
      for (int d = 0; d < size; d++) {
        double feature = asking[row * size + d];
        for (int i = 0; i < seen; i++) {
          weights[i] += feature * byFeature[d * KEYS + i];
        }
      }
      if (real != null) {
        for (int i = 0; i < seen; i++) {
          weights[i] = real.values()[i] == 0 ? Double.NEGATIVE_INFINITY : weights[i];
        }
      }
    }

    /** Exactly nothing for padding, whatever the exponential makes of infinity. */
    private void blank(int seen) {
      if (real != null) {
        for (int i = 0; i < seen; i++) {
          weights[i] = real.values()[i] == 0 ? 0 : weights[i];
        }
      }
    }

    private void scale(int row, double factor) {
      double[] sum = context.values();
      for (int i = row * width; i < (row + 1) * width; i++) {
        sum[i] *= factor;
      }
    }
  }
}
