package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * What {@link SeaKernel} does to the rows of blocks beyond {@link BlockMath}, in memory of its own.
 * To use by one thread.
 */
final class SeaMath {

  private final BlockMath blocks;
  private final float[] ofRows;
  private final float[] more;

  /**
   * @param rows the most rows of a block
   */
  SeaMath(KernelCall call, BlockMath blocks, int rows) {
    this(call::floats, blocks, rows);
  }

  private SeaMath(IntFunction<float[]> memory, BlockMath blocks, int rows) {
    this.blocks = blocks;
    this.ofRows = memory.apply(rows);
    this.more = memory.apply(rows);
  }

  /** For the blocks of a size. */
  static SeaMath of(IntFunction<float[]> memory, BlockMath blocks, SeaSize size) {
    return new SeaMath(memory, blocks, size.blockRows() * size.channels());
  }

  BlockMath blocks() {
    return blocks;
  }

  /** Gives every row a mean of zero and a variance of one, then gain and bias. */
  void normalise(Block x, SeaWeights.Norm norm) {
    blocks.normalise(x, norm.gain(), norm.bias(), Estimate.NORM_EPSILON);
  }

  /**
   * Gives every row a mean of zero and a variance of one.
   *
   * @param factors what each row was multiplied with, written
   */
  void standardise(Block x, float[] factors) {
    blocks.standardise(x, Estimate.NORM_EPSILON, factors);
  }

  /** Every row's exponentials, divided by their sum. */
  void softmax(Block x) {
    Arrays.fill(ofRows, 0, x.rows(), Float.NEGATIVE_INFINITY);
    Arrays.fill(more, 0, x.rows(), 0);
    blocks.rowMaxima(x, ofRows);
    blocks.exp(x, ofRows, more);
    for (int row = 0; row < x.rows(); row++) {
      more[row] = 1 / more[row];
    }
    blocks.scaleRows(x, more);
  }

  /** The product of every row of x with one row of y. */
  void rowProducts(Block x, Block y, int row, float[] into) {
    Block again = new Block(y.data(), y.at(row, 0), x.rows(), x.columns(), 0, 1);
    Arrays.fill(into, 0, x.rows(), 0);
    blocks.rowProducts(x, again, into);
  }
}
