package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import java.util.Arrays;
import java.util.List;

/**
 * The way back from what is read of the encoder, through it and {@link RoughContext} to their
 * queries and values; what goes on to keys is left with {@link RoughGradient}. To use by one
 * thread.
 *
 * <pre>
 *   context = N / m     dN = dcontext / m     dm = −dcontext·context / m
 *   dφ(q_t) = S·dN_t + (z + 1e-6)·dm_t + Σ_{j ≤ t} (u_j·dN_t + dm_t)·φ(k_j)
 * </pre>
 */
final class QueryGradient {

  private final BlockMath math;
  private final SeaSize size;
  private final RealKeys real;
  private final float queryScale;
  private final RoughStates states;
  private final RoughGradient gradient;
  private final List<EncodedGradient> readers;
  private final RoughContext rough;
  private final EncodedBlock encoded;
  private final EncoderGradient encoder;
  private final GradientSum ofQueries;
  private final GradientSum ofValues;
  private final float[] numerator; // [rows, 2D]
  private final float[] across; // the same, [2D, rows]
  private final float[] mass; // [rows]
  private final float[] met; // u·dN + dm, [positions, rows]
  private final float[] features; // [F, rows]
  private final float[] vectors; // [rows, D]

  QueryGradient(
      SeaRun run,
      KernelGradientCall call,
      RoughStates states,
      List<EncodedGradient> readers,
      RoughGradient gradient) {
    this.math = run.blocks();
    this.size = run.size();
    this.real = run.real();
    this.queryScale = run.size().queryScale();
    this.states = states;
    this.readers = readers;
    this.gradient = gradient;
    int rows = size.blockRows();
    int width = size.headSize();
    SeaMath rowMath = new SeaMath(call, math, rows * size.heads());
    this.rough = new RoughContext(run, call);
    this.encoded = new EncodedBlock(run, call, rowMath);
    this.encoder = new EncoderGradient(run, call, rowMath);
    float[] buffer = call.floats(rows * width);
    this.ofQueries = new GradientSum(call.inputGradients().get(SeaInputs.QUERY), buffer);
    this.ofValues = new GradientSum(call.inputGradients().get(SeaInputs.VALUE), buffer);
    this.numerator = call.floats(rows * 2 * width);
    this.across = call.floats(rows * 2 * width);
    this.mass = call.floats(rows);
    this.met = call.floats(size.blockPositions() * rows);
    this.features = call.floats(size.features() * rows);
    this.vectors = call.floats(rows * width);
  }

  /**
   * Goes back from the rows of a span.
   *
   * @param sums of the parameters' gradients over the span, replaced
   */
  void span(int sequence, int span, EncoderSums sums) {
    sums.clear();
    int end = size.firstRow(span + 1);
    for (int from = size.startRow(span); from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      int rows = to - from;
      for (int head = 0; head < size.heads(); head++) {
        mix(sequence, head, span, from, to);
        rough.values(encoded.values(head, rows));
      }
      // Rows before the span are another's; here they only lead to its sums.
      int own = Math.max(from, size.firstRow(span));
      OwnRows ofBlock = new OwnRows(sequence, from, own, to);
      Block ofSeen = encoder.back(ofBlock, encoded.seen(rows), readers, sums);
      for (int head = 0; head < size.heads(); head++) {
        mix(sequence, head, span, from, to);
        back(sequence, head, span, from, own, to, ofSeen);
        if (to < end) {
          rough.addTo(states.beside(sequence, head, span));
        }
      }
    }
  }

  private void mix(int sequence, int head, int span, int from, int to) {
    rough.load(sequence, head, size.position(from), size.position(to));
    rough.ask(sequence, head, from, to);
    rough.mix(states.beside(sequence, head, span), encoded.context(head, to - from));
  }

  private void back(int sequence, int head, int span, int from, int own, int to, Block ofSeen) {
    int rows = to - from;
    int width = size.headSize();
    throughQuotient(head, rows, ofSeen);
    toFeatures(states.beside(sequence, head, span), rows);
    Block queries = Block.of(vectors, rows, width);
    rough.throughFeatures(
        rough.queryFeatures(), Block.of(features, size.features(), rows), queries);
    for (int i = 0; i < rows * width; i++) {
      vectors[i] *= queryScale;
    }
    add(sequence, head, from, own, to, ofQueries);
    for (int row = 0; row < rows; row++) {
      int at = ofSeen.at(row * size.heads() + head, 2 * width);
      boolean blind = real.rank(sequence, size.position(from + row)) == 0;
      for (int d = 0; d < width; d++) {
        vectors[row * width + d] = blind ? 0 : ofSeen.data()[at + d];
      }
    }
    add(sequence, head, from, own, to, ofValues);
    if (own < to) {
      gradient.write(sequence, head, own, to - own, numerator, mass, own - from);
    }
  }

  /** dN and dm. */
  private void throughQuotient(int head, int rows, Block ofSeen) {
    Block context = encoded.context(head, rows);
    int columns = context.columns();
    float[] inverse = rough.inverseMass();
    for (int row = 0; row < rows; row++) {
      int of = ofSeen.at(row * size.heads() + head, 0);
      int at = context.at(row, 0);
      double along = 0;
      for (int d = 0; d < columns; d++) {
        float ofContext = ofSeen.data()[of + d];
        along += (double) ofContext * context.data()[at + d];
        numerator[row * columns + d] = ofContext * inverse[row];
      }
      mass[row] = (float) (-along * inverse[row]);
    }
    math.copy(Block.of(numerator, rows, columns).transposed(), Block.of(across, columns, rows));
  }

  private void toFeatures(RoughStates.State before, int rows) {
    Block ofNumerator = Block.of(across, 2 * size.headSize(), rows);
    Block placed = rough.placed();
    Block ofKeys = Block.of(met, placed.rows(), rows);
    math.product(placed, ofNumerator, ofKeys);
    for (int position = 0; position < placed.rows(); position++) {
      int blind = Math.min(SeaSize.ceilingOf(position, size.every()), rows);
      int at = ofKeys.at(position, 0);
      Arrays.fill(met, at, at + blind, 0);
      for (int row = blind; row < rows; row++) {
        met[at + row] += mass[row];
      }
    }
    Block into = Block.of(features, size.features(), rows);
    for (int f = 0; f < size.features(); f++) {
      float sum = before.mass().data()[before.mass().at(0, f)] + (float) CausalPerformer.MASS;
      for (int row = 0; row < rows; row++) {
        features[f * rows + row] = sum * mass[row];
      }
    }
    math.addProduct(before.memory(), ofNumerator, into);
    math.addProduct(rough.keyFeatures(), ofKeys, into);
  }

  /** Adds the vectors of the rows from {@code own} on to those of their positions. */
  private void add(int sequence, int head, int from, int own, int to, GradientSum sum) {
    int width = size.headSize();
    long first = ((long) sequence * size.heads() + head) * size.length();
    if (size.every() == 1) {
      sum.add((first + own) * width, vectors, (own - from) * width, Math.max(to - own, 0) * width);
      return;
    }
    for (int row = own; row < to; row++) {
      sum.add((first + size.position(row)) * width, vectors, (row - from) * width, width);
    }
  }
}
