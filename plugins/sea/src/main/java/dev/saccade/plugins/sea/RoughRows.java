package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;

/**
 * {@link Performer} for some rows of a head: φ(q)·S / φ(q)·z with the {@linkplain RoughTotals sums}
 * of all its keys. To use by one thread.
 */
final class RoughRows {

  private final BlockMath math;
  private final SeaMath rowMath;
  private final SeaSize size;
  private final Sight sight;
  private final Tensor query;
  private final Tensor value;
  private final float queryScale;
  private final RoughTotals totals;
  private final RoughFeatures features;
  private final float[] inverseMass; // one a row
  private final float[] vector; // [D]

  RoughRows(SeaRun run, KernelCall call, RoughTotals totals, SeaMath rowMath) {
    this.math = run.blocks();
    this.rowMath = rowMath;
    this.size = run.size();
    this.sight = run.sight();
    this.query = run.input(SeaInputs.QUERY);
    this.value = run.input(SeaInputs.VALUE);
    this.queryScale = run.size().queryScale();
    this.totals = totals;
    this.features = new RoughFeatures(run, call, totals.across(), size.blockRows());
    this.inverseMass = call.floats(size.blockRows());
    this.vector = call.floats(size.headSize());
  }

  /**
   * Computes the rough contexts of rows {@code from} … {@code to} − 1.
   *
   * @param head of B·H
   * @param into {@code [rows, 2D]}
   */
  void mix(int head, int from, int to, Block into) {
    int rows = to - from;
    int width = size.headSize();
    float[] x = features.vectors();
    if (size.every() == 1) {
      query.read(at(head, from), x, 0, rows * width);
    } else {
      for (int row = from; row < to; row++) {
        query.read(at(head, row), x, (row - from) * width, width);
      }
    }
    for (int i = 0; i < rows * width; i++) {
      x[i] *= queryScale;
    }
    features.project(rows);
    features.open();
    RoughTotals.Total total = totals.of(head);
    rowMath.rowProducts(features.block(), total.mass(), 0, inverseMass);
    for (int row = 0; row < rows; row++) {
      inverseMass[row] = 1 / inverseMass[row];
    }
    math.product(features.block(), total.memory(), into);
    math.scaleRows(into, inverseMass);
  }

  /**
   * Copies the values of rows, zero where they are left out.
   *
   * @param into {@code [rows, D]}
   */
  void values(int head, int from, int to, Block into) {
    for (int row = from; row < to; row++) {
      value.read(at(head, row), vector, 0, size.headSize());
      int position = size.position(row);
      sight.clear(head / size.heads(), position, position + 1, vector, 0, size.headSize());
      System.arraycopy(vector, 0, into.data(), into.at(row - from, 0), size.headSize());
    }
  }

  private long at(int head, int row) {
    return ((long) head * size.length() + size.position(row)) * size.headSize();
  }

  /** φ(Q) of the last rows. */
  RoughFeatures features() {
    return features;
  }

  /** What the last mixture was multiplied with, one a row. */
  float[] inverseMass() {
    return inverseMass;
  }
}
