package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import java.util.Arrays;

/**
 * Softmax over logits that come a block at a time, and the mix of values by it, for some queries at
 * once. To use by one thread.
 *
 * <p>After each block: greatest logit m, sum l = Σ exp(x − m), mixed o = Σ exp(x − m)·v over all
 * keys so far. When m grows to m′, l and o shrink by exp(m − m′).
 */
public final class BlockSoftmax {

  private final BlockMath math;
  private final Block mixed; // [most, D]
  private final float[] greatest;
  private final float[] sums;
  private final float[] greatestNow;
  private final float[] shifts;
  private int rows;

  /**
   * @param mixed to work in, a row for each of the most queries, {@code [most, D]}
   */
  public BlockSoftmax(BlockMath math, Block mixed) {
    this.math = math;
    this.mixed = mixed;
    this.greatest = new float[mixed.rows()];
    this.sums = new float[mixed.rows()];
    this.greatestNow = new float[mixed.rows()];
    this.shifts = new float[mixed.rows()];
  }

  /** Begins with so many queries, which have seen no key yet. */
  public void begin(int queries) {
    rows = queries;
    for (int row = 0; row < queries; row++) {
      Arrays.fill(mixed.data(), mixed.at(row, 0), mixed.at(row, 0) + mixed.columns(), 0);
    }
    Arrays.fill(greatest, 0, queries, Float.NEGATIVE_INFINITY);
    Arrays.fill(sums, 0, queries, 0);
  }

  /**
   * Shows the queries some keys.
   *
   * @param logits −∞ where a key is not seen, {@code [queries, n]}; overwritten
   * @param values {@code [n, D]}
   */
  public void meet(Block logits, Block values) {
    System.arraycopy(greatest, 0, greatestNow, 0, rows);
    math.rowMaxima(logits, greatestNow);
    shrink();
    math.exp(logits, shifts, sums);
    math.addProduct(logits, values, mixed.rows(0, rows));
  }

  /** Expresses sums and mixed values by the greatest logits of now. */
  private void shrink() {
    boolean grown = false;
    for (int row = 0; row < rows; row++) {
      float now = greatestNow[row];
      // Nothing is seen yet: exp(−∞ − 0) is the zero that exp(−∞ − −∞) is not.
      shifts[row] = now == Float.NEGATIVE_INFINITY ? 0 : now;
      boolean same = now == greatest[row];
      grown |= !same;
      // From here on the factor; zero the first time.
      greatest[row] = same ? 1 : (float) Math.exp(greatest[row] - now);
      sums[row] *= greatest[row];
    }
    if (grown) {
      math.scaleRows(mixed.rows(0, rows), greatest);
    }
    System.arraycopy(greatestNow, 0, greatest, 0, rows);
  }

  /** Returns what the queries have got, {@code [queries, D]}; zero for those that saw no key. */
  public Block finish() {
    for (int row = 0; row < rows; row++) {
      boolean sawNone = sums[row] == 0;
      sums[row] = sawNone ? 0 : 1 / sums[row];
      greatest[row] = sawNone ? 0 : greatest[row];
    }
    Block context = mixed.rows(0, rows);
    math.scaleRows(context, sums);
    return context;
  }

  /** The greatest logit of each query, once it is finished; zero for those that saw no key. */
  float[] greatest() {
    return greatest;
  }

  /** One over each query's sum, once it is finished; zero for those that saw no key. */
  float[] share() {
    return sums;
  }
}
