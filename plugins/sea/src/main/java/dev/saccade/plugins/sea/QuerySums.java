package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * The way back from rough contexts to their queries and to the sums over keys that all of them see,
 * S and z of {@link RoughTotals}. To use by one thread.
 *
 * <pre>
 *   context = N / m      dN = dcontext / m     dm = −dcontext·context / m
 *   dφ(q) = S·dN + z·dm     dS = Σ φ(q)dNᵀ     dz = Σ φ(q)·dm
 * </pre>
 */
final class QuerySums {

  private final BlockMath math;
  private final SeaSize size;
  private final boolean constantShift;
  private final float queryScale;
  private final RoughTotals totals;
  private final Tensor ofContexts; // [B·H, T′, 2D]
  private final RoughRows rough;
  private final GradientSum ofQueries;
  private final float[] context; // [rows, 2D]
  private final float[] numerator; // dN, [rows, 2D]
  private final float[] ofFeatures; // [rows, F]
  private final float[] vectors; // [rows, D]
  private final float[] memoryAcross; // [2D, F]

  QuerySums(SeaRun run, KernelGradientCall call, RoughTotals totals, Tensor ofContexts) {
    this.math = run.blocks();
    this.size = run.size();
    this.constantShift = size.options().constantShift();
    this.queryScale = run.size().queryScale();
    this.totals = totals;
    this.ofContexts = ofContexts;
    int rows = size.blockRows();
    int width = size.headSize();
    SeaMath rowMath = new SeaMath(call, math, rows);
    this.rough = new RoughRows(run, call, totals, rowMath);
    this.ofQueries =
        new GradientSum(call.inputGradients().get(SeaInputs.QUERY), call.floats(width));
    this.context = call.floats(rows * 2 * width);
    this.numerator = call.floats(rows * 2 * width);
    this.ofFeatures = call.floats(rows * size.features());
    this.vectors = call.floats(rows * width);
    this.memoryAcross = call.floats(size.features() * 2 * width);
  }

  /**
   * Goes back from rows {@code from} … {@code to} − 1 of a head.
   *
   * @param sums {@link RoughTotals#sumSize} numbers, written: dS and dz by these rows
   */
  void rows(int head, int from, int to, float[] sums) {
    Arrays.fill(sums, 0);
    RoughTotals.Total total = totals.of(head);
    RoughTotals.Total into = RoughTotals.total(size, sums, total.strongest());
    Block across = Block.of(memoryAcross, 2 * size.headSize(), size.features());
    math.copy(total.memory().transposed(), across);
    for (int row = from; row < to; row += size.blockRows()) {
      block(head, row, Math.min(row + size.blockRows(), to), total, across, into);
    }
  }

  private void block(
      int head, int from, int to, RoughTotals.Total total, Block across, RoughTotals.Total into) {
    int rows = to - from;
    int features = size.features();
    int columns = 2 * size.headSize();
    rough.mix(head, from, to, Block.of(context, rows, columns));
    ofContexts.read(((long) head * size.rows() + from) * columns, numerator, 0, rows * columns);
    float[] ofMass = throughQuotient(rows, columns);
    Block ofNumerator = Block.of(numerator, rows, columns);
    Block opened = rough.features().block();
    math.addProduct(opened.transposed(), ofNumerator, into.memory());
    float[] sums = into.mass().data();
    for (int row = 0; row < rows; row++) {
      for (int f = 0; f < features; f++) {
        int at = row * features + f;
        sums[into.mass().at(0, f)] += opened.data()[at] * ofMass[row];
        ofFeatures[at] = total.mass().data()[total.mass().at(0, f)] * ofMass[row];
      }
    }
    Block gradient = Block.of(ofFeatures, rows, features);
    math.addProduct(ofNumerator, across, gradient);
    toQueries(head, from, to, gradient);
  }

  /** Turns dcontext into dN; returns dm. */
  private float[] throughQuotient(int rows, int columns) {
    float[] inverse = rough.inverseMass();
    for (int row = 0; row < rows; row++) {
      double along = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        along += (double) numerator[i] * context[i];
        numerator[i] *= inverse[row];
      }
      inverse[row] = (float) (-along * inverse[row]);
    }
    return inverse;
  }

  private void toQueries(int head, int from, int to, Block gradient) {
    int width = size.headSize();
    float[] ofExponents = rough.features().toExponents(gradient);
    for (int row = 0; row < to - from && !constantShift; row++) {
      int strongest = gradient.at(row, rough.features().strongest(row));
      gradient.data()[strongest] -= ofExponents[row];
    }
    rough.features().toVectors(gradient, Block.of(vectors, to - from, width));
    for (int i = 0; i < (to - from) * width; i++) {
      vectors[i] *= queryScale;
    }
    for (int row = from; row < to; row++) {
      long first = ((long) head * size.length() + size.position(row)) * width;
      ofQueries.add(first, vectors, (row - from) * width, width);
    }
  }
}
