package dev.saccade.runtime.engine.op;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.runtime.blocks.BlockArithmetic;
import dev.saccade.runtime.engine.kernel.GraphKernel;
import dev.saccade.runtime.engine.kernel.KernelArguments;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * softmax(QKᵀ)·V in float32 without the matrix, for a teacher: no gradient passes.
 *
 * <p>Inputs: query {@code [B, H, T, D]}, scaled; key {@code [B, K, S, D]}; value {@code [B, K, S,
 * E]}; and, if there is padding, one for a real key and zero for another, {@code [B, S]}. Integer
 * argument: whether a query sees no later key, one or zero. A query that sees no key gets zeros.
 *
 * <p>Queries take the keys a tile at a time, with the exponentials of all before counted from the
 * greatest so far (Milakov and Gimelshein 2018).
 */
final class ExactContextKernel implements GraphKernel {

  private static final int QUERIES = 64;
  private static final int KEYS = 128;

  private final Rows rows;
  private final BlockMath math;

  ExactContextKernel(Rows rows) {
    this.rows = rows;
    this.math =
        BlockArithmetic.of(
            BlockArithmetic.check(dev.saccade.api.kernel.Arithmetic.SIMD).isYes()
                ? dev.saccade.api.kernel.Arithmetic.SIMD
                : dev.saccade.api.kernel.Arithmetic.PLAIN);
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
          Tile tile = new Tile(math, inputs, outputs[0], arguments.integer(0) == 1);
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

    private final BlockMath math;
    private final int heads;
    private final int sharing; // heads with the same keys
    private final int queries;
    private final int keys;
    private final boolean causal;
    private final Elements query;
    private final Elements key;
    private final Elements value;
    private final @Nullable Elements real;
    private final Elements output;
    private final Block asking; // [QUERIES, D]
    private final Block keyRows; // [KEYS, D]
    private final Block across; // [D, KEYS]
    private final Block values; // [KEYS, E]
    private final Block weights; // [QUERIES, KEYS]
    private final Block context; // [QUERIES, E]
    private final float[] present = new float[KEYS];
    private final float[] before = new float[QUERIES];
    private final float[] greatest = new float[QUERIES];
    private final float[] shares = new float[QUERIES];
    private final float[] sums = new float[QUERIES];

    Tile(BlockMath math, INDArray[] inputs, INDArray context, boolean causal) {
      this.math = math;
      this.heads = Math.toIntExact(inputs[0].size(1));
      this.sharing = heads / Math.toIntExact(inputs[1].size(1));
      this.queries = Math.toIntExact(inputs[0].size(2));
      this.keys = Math.toIntExact(inputs[1].size(2));
      this.causal = causal;
      this.query = Elements.of(inputs[0]);
      this.key = Elements.of(inputs[1]);
      this.value = Elements.of(inputs[2]);
      this.real = inputs.length > 3 ? Elements.of(inputs[3]) : null;
      this.output = Elements.of(context);
      int size = Math.toIntExact(inputs[0].size(3));
      int width = Math.toIntExact(inputs[2].size(3));
      this.asking = Block.of(QUERIES, size);
      this.keyRows = Block.of(KEYS, size);
      this.across = Block.of(size, KEYS);
      this.values = Block.of(KEYS, width);
      this.weights = Block.of(QUERIES, KEYS);
      this.context = Block.of(QUERIES, width);
    }

    /**
     * Computes the context of some queries.
     *
     * @param head of B·H
     * @param from the first query
     */
    void attend(long head, int from) {
      int count = Math.min(QUERIES, queries - from);
      int end = causal ? Math.min(from + count, keys) : keys;
      query.read(
          (head * queries + from) * asking.columns(), asking.data(), count * asking.columns());
      Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
      Arrays.fill(sums, 0);
      Arrays.fill(context.data(), 0);
      for (int first = 0; first < end; first += KEYS) {
        int some = Math.min(KEYS, end - first);
        load(head, first, some);
        meet(from - first, count, some);
      }
      for (int row = 0; row < count; row++) {
        shares[row] = sums[row] == 0 ? 0 : 1 / sums[row];
      }
      math.scaleRows(context.rows(0, count), shares);
      long at = (head * queries + from) * context.columns();
      output.write(at, context.data(), count * context.columns());
    }

    private void load(long head, int first, int some) {
      long at = head / sharing * keys + first;
      key.read(at * keyRows.columns(), keyRows.data(), some * keyRows.columns());
      value.read(at * values.columns(), values.data(), some * values.columns());
      math.copy(keyRows.rows(0, some).transposed(), across.columns(0, some));
      if (real != null) {
        real.read(head / heads * keys + first, present, some);
      }
    }

    /**
     * Takes a tile of keys in.
     *
     * @param ahead how far the first query is ahead of the first key
     */
    private void meet(int ahead, int count, int some) {
      Block ofTile = weights.rows(0, count).columns(0, some);
      math.product(asking.rows(0, count), across.columns(0, some), ofTile);
      hide(ofTile, ahead);
      System.arraycopy(greatest, 0, before, 0, count);
      math.rowMaxima(ofTile, greatest);
      for (int row = 0; row < count; row++) {
        boolean blind = greatest[row] == Float.NEGATIVE_INFINITY;
        // What was summed is counted from the greatest so far.
        shares[row] = blind ? 1 : (float) Math.exp((double) before[row] - greatest[row]);
        sums[row] *= shares[row];
        before[row] = blind ? 0 : greatest[row];
      }
      Block sum = context.rows(0, count);
      math.scaleRows(sum, shares);
      math.exp(ofTile, before, sums);
      math.addProduct(ofTile, values.rows(0, some), sum);
    }

    private void hide(Block ofTile, int ahead) {
      for (int row = 0; row < ofTile.rows(); row++) {
        int at = ofTile.at(row, 0);
        if (causal) {
          int seen = Math.max(0, Math.min(ahead + row + 1, ofTile.columns()));
          Arrays.fill(ofTile.data(), at + seen, at + ofTile.columns(), Float.NEGATIVE_INFINITY);
        }
        for (int i = 0; i < ofTile.columns() && real != null; i++) {
          if (present[i] == 0) {
            ofTile.data()[at + i] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }
}
