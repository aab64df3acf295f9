package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelGradientCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * The way back from {@link RoughGradient} to keys, values and positions, from the end of the
 * sequence to its beginning: queries of a block are met, and all behind it as running sums. To use
 * by one thread.
 *
 * <pre>
 *   dφ(k_j) = R·u_j + ρ + Σ_t (u_j·dN_t + dm_t)·φ(q_t)       t ≥ j in the block
 *   du_j    = Rᵀ·φ(k_j) + Σ_t A_tj·dN_t
 *   R = Σ φ(q_t)dN_tᵀ   [F, 2D]        ρ = Σ φ(q_t)·dm_t   [F]        over the t behind it
 * </pre>
 */
final class KeyGradient {

  private final BlockMath math;
  private final SeaSize size;
  private final RealKeys real;
  private final RoughGradient gradient;
  private final RoughContext rough;
  private final GradientSum ofKeys;
  private final GradientSum ofValues;
  private final float[] numerator; // [rows, 2D]
  private final float[] mass; // [rows]
  private final float[] across; // Uᵀ, [2D, positions]
  private final float[] met; // u·dN + dm, [rows, positions]
  private final float[] features; // [F, positions]
  private final float[] placed; // [positions, 2D]
  private final float[] vectors; // [positions, D]
  private final float[] memory; // [F, 2D]
  private final float[] buffer; // [positions, D]

  KeyGradient(SeaRun run, KernelGradientCall call, RoughGradient gradient) {
    this.math = run.blocks();
    this.size = run.size();
    this.real = run.real();
    this.gradient = gradient;
    this.rough = new RoughContext(run, call);
    int rows = size.blockRows();
    int positions = size.blockPositions();
    int width = size.headSize();
    this.buffer = call.floats(positions * width);
    this.ofKeys = new GradientSum(call.inputGradients().get(SeaInputs.KEY), buffer);
    this.ofValues = new GradientSum(call.inputGradients().get(SeaInputs.VALUE), buffer);
    this.numerator = call.floats(rows * 2 * width);
    this.mass = call.floats(rows);
    this.across = call.floats(2 * width * positions);
    this.met = call.floats(rows * positions);
    this.features = call.floats(size.features() * positions);
    this.placed = call.floats(positions * 2 * width);
    this.vectors = call.floats(positions * width);
    this.memory = call.floats(size.features() * 2 * width);
  }

  /** Adds the queries of a span to R and ρ. */
  void sum(int sequence, int head, int span, RoughStates.State state) {
    int end = size.nextStart(span);
    for (int from = size.startRow(span); from < end; from += size.blockRows()) {
      int to = Math.min(from + size.blockRows(), end);
      rough.ask(sequence, head, from, to);
      gradient.read(sequence, head, from, to - from, numerator, mass);
      addTo(state, to - from);
    }
  }

  private void addTo(RoughStates.State state, int rows) {
    Block into = Block.of(memory, size.features(), 2 * size.headSize());
    math.product(rough.queryFeatures(), numerator(rows), into);
    Block sum = state.memory();
    for (int i = 0; i < memory.length; i++) {
      sum.data()[sum.offset() + i] += memory[i];
    }
    float[] features = rough.queryFeatures().data();
    for (int f = 0; f < size.features(); f++) {
      float ofMass = 0;
      for (int row = 0; row < rows; row++) {
        ofMass += features[f * rows + row] * mass[row];
      }
      state.mass().data()[state.mass().at(0, f)] += ofMass;
    }
  }

  /**
   * Goes back to the positions of a span.
   *
   * @param behind sums over the queries behind each span, used up
   * @param ofPlaces gradients of the learned positions, {@code [B, T, D]}, written
   */
  void span(int sequence, int span, RoughStates behind, Tensor ofPlaces) {
    int start = size.startRow(span);
    int end = size.nextStart(span);
    int blocks = SeaSize.ceilingOf(end - start, size.blockRows());
    GradientSum places = new GradientSum(ofPlaces, buffer);
    for (int head = 0; head < size.heads(); head++) {
      RoughStates.State state = behind.beside(sequence, head, span);
      for (int block = blocks - 1; block >= 0; block--) {
        int from = start + block * size.blockRows();
        int to = Math.min(from + size.blockRows(), end);
        back(sequence, head, from, to, state, places);
        addTo(state, to - from);
      }
    }
  }

  private void back(
      int sequence, int head, int from, int to, RoughStates.State behind, GradientSum places) {
    int width = size.headSize();
    int first = size.position(from);
    int positions = size.position(to) - first;
    rough.load(sequence, head, first, first + positions);
    rough.ask(sequence, head, from, to);
    rough.meet();
    gradient.read(sequence, head, from, to - from, numerator, mass);

    toFeatures(behind, to - from, positions);
    long at = ((long) sequence * size.heads() + head) * size.length() + first;
    rough.throughFeatures(
        rough.keyFeatures(),
        Block.of(features, size.features(), positions),
        Block.of(vectors, positions, width));
    ofKeys.add(at * width, vectors, 0, positions * width);

    Block ofPlaced = Block.of(placed, positions, 2 * width);
    math.product(rough.weightsOfKeys().transposed(), numerator(to - from), ofPlaced);
    math.addProduct(rough.keyFeatures().transposed(), behind.memory(), ofPlaced);
    Arrays.fill(placed, 0, real.blind(sequence, first, first + positions) * 2 * width, 0);
    math.copy(ofPlaced.columns(width, 2 * width), Block.of(vectors, positions, width));
    ofValues.add(at * width, vectors, 0, positions * width);
    math.copy(ofPlaced.columns(0, width), Block.of(vectors, positions, width));
    long place = ((long) sequence * size.length() + first) * width;
    if (head == 0) {
      places.tensor().write(place, vectors, 0, positions * width);
    } else {
      places.add(place, vectors, 0, positions * width);
    }
  }

  private void toFeatures(RoughStates.State behind, int rows, int positions) {
    Block placedAcross = Block.of(across, 2 * size.headSize(), positions);
    math.copy(rough.placed().transposed(), placedAcross);
    Block ofQueries = Block.of(met, rows, positions);
    for (int row = 0; row < rows; row++) {
      Arrays.fill(met, row * positions, (row + 1) * positions, mass[row]);
    }
    math.addProduct(numerator(rows), placedAcross, ofQueries);
    rough.clearFuture(ofQueries);
    Block into = Block.of(features, size.features(), positions);
    for (int f = 0; f < size.features(); f++) {
      float ofMass = behind.mass().data()[behind.mass().at(0, f)];
      Arrays.fill(features, f * positions, (f + 1) * positions, ofMass);
    }
    math.addProduct(behind.memory(), placedAcross, into);
    math.addProduct(rough.queryFeatures(), ofQueries, into);
  }

  private Block numerator(int rows) {
    return Block.of(numerator, rows, 2 * size.headSize());
  }
}
