package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;

/**
 * {@link CausalPerformer} a block of one head at a time: keys of the block are met as in the recipe,
 * and all before it as {@linkplain RoughStates running sums}. To use by one thread.
 *
 * <p>For the keys j before the block and those in it,
 *
 * <pre>
 *   context_t = (φ(q_t)·S + Σ_j A_tj u_j) / (φ(q_t)·(z + 1e-6) + Σ_j A_tj)
 *   S = Σ φ(k_j)u_jᵀ   [F, 2D]        z = Σ φ(k_j)   [F]        A = φ(Q)φ(K)ᵀ below the diagonal
 * </pre>
 */
final class RoughContext {

  private final BlockMath math;
  private final SeaSize size;
  private final SeaWeights weights;
  private final RealKeys real;
  private final Tensor query;
  private final Tensor key;
  private final Tensor value;
  private final Tensor places;
  private final float queryScale;

  private final float[] x; // [positions, D]
  private final float[] placed; // [positions, 2D]
  private final float[] across; // [D, positions], of x
  private final float[] queryFeatures; // [F, rows]
  private final float[] keyFeatures; // [F, positions]
  private final float[] weightsOfKeys; // [rows, positions]
  private final float[] memory; // [F, 2D]
  private final float[] mass; // one a row
  private final float[] massOfFeatures; // [F]

  private int loaded; // positions of the keys at hand

  RoughContext(SeaRun run, KernelCall call) {
    this.math = run.blocks();
    this.size = run.size();
    this.weights = run.weights();
    this.real = run.real();
    this.query = run.input(SeaInputs.QUERY);
    this.key = run.input(SeaInputs.KEY);
    this.value = run.input(SeaInputs.VALUE);
    this.places = run.parameter(SeaParameters.POSITIONS);
    this.queryScale = run.queryScale();
    int positions = size.blockPositions();
    int rows = size.blockRows();
    int head = size.headSize();
    int features = size.features();
    this.x = call.floats(positions * head);
    this.placed = call.floats(positions * 2 * head);
    this.across = call.floats(head * positions);
    this.queryFeatures = call.floats(features * rows);
    this.keyFeatures = call.floats(features * positions);
    this.weightsOfKeys = call.floats(rows * positions);
    this.memory = call.floats(features * 2 * head);
    this.mass = call.floats(rows);
    this.massOfFeatures = call.floats(features);
  }

  /** Reads the keys and placed values of positions {@code from} … {@code to} − 1, a block's. */
  void load(int sequence, int head, int from, int to) {
    int width = size.headSize();
    loaded = to - from;
    long first = ((long) sequence * size.heads() + head) * size.length() + from;
    value.read(first * width, x, 0, loaded * width);
    spread(1);
    places.read((long) from * width, x, 0, loaded * width);
    spread(0);
    Arrays.fill(placed, 0, real.blind(sequence, from, to) * 2 * width, 0);
    key.read(first * width, x, 0, loaded * width);
    features(loaded, keyFeatures());
  }

  /** Copies x to the left or right half of the placed values. */
  private void spread(int half) {
    int width = size.headSize();
    for (int i = 0; i < loaded; i++) {
      System.arraycopy(x, i * width, placed, (2 * i + half) * width, width);
    }
  }

  /** Adds the loaded keys to the sums before them, S and z of {@link RoughStates}. */
  void addTo(RoughStates.State state) {
    math.product(keyFeatures(), placed(), memory());
    add(memory, state.memory());
    Arrays.fill(massOfFeatures, 0);
    math.rowSums(keyFeatures(), massOfFeatures);
    add(massOfFeatures, state.mass());
  }

  private static void add(float[] x, Block sum) {
    for (int i = 0; i < x.length; i++) {
      sum.data()[sum.offset() + i] += x[i];
    }
  }

  /**
   * The rough context of rows {@code from} … {@code to} − 1, whose keys are loaded.
   *
   * @param into {@code [rows, 2D]}
   * @param values of the same rows, {@code [rows, D]}, written
   */
  void mix(
      int sequence,
      int head,
      int from,
      int to,
      RoughStates.State state,
      Block into,
      Block values) {
    int rows = to - from;
    int width = size.headSize();
    int every = size.every();
    long first = ((long) sequence * size.heads() + head) * size.length();
    if (every == 1) {
      query.read((first + from) * width, x, 0, rows * width);
    } else {
      for (int row = 0; row < rows; row++) {
        query.read((first + size.position(from + row)) * width, x, row * width, width);
      }
    }
    scale(x, rows * width, queryScale);
    Block queriesAcross = Block.of(queryFeatures, size.features(), rows);
    features(rows, queriesAcross);
    Block queries = queriesAcross.transposed();

    Block ofKeys = Block.of(weightsOfKeys, rows, loaded);
    math.product(queries, keyFeatures(), ofKeys);
    Arrays.fill(mass, 0, rows, 0);
    for (int row = 0; row < rows; row++) {
      int future = Math.min(row * every + 1, loaded);
      Arrays.fill(weightsOfKeys, ofKeys.at(row, 0) + future, ofKeys.at(row, 0) + loaded, 0);
      System.arraycopy(
          placed,
          (2 * row * every + 1) * width,
          values.data(),
          values.at(row, 0),
          width);
    }
    math.rowSums(ofKeys, mass);
    float[] before = state.mass().data();
    int offset = state.mass().offset();
    for (int f = 0; f < size.features(); f++) {
      float ofFeature = before[offset + f] + (float) CausalPerformer.MASS;
      for (int row = 0; row < rows; row++) {
        mass[row] += queryFeatures[f * rows + row] * ofFeature;
      }
    }
    for (int row = 0; row < rows; row++) {
      mass[row] = 1 / mass[row];
    }
    math.product(queries, state.memory(), into);
    math.addProduct(ofKeys, placed(), into);
    math.scaleRows(into, mass);
  }

  private static void scale(float[] x, int length, float factor) {
    if (factor != 1) {
      for (int i = 0; i < length; i++) {
        x[i] *= factor;
      }
    }
  }

  /** φ of the vectors in x, {@code [F, vectors]}. */
  private void features(int vectors, Block into) {
    Block columns = Block.of(across, size.headSize(), vectors);
    math.copy(Block.of(x, vectors, size.headSize()).transposed(), columns);
    math.product(weights.projection(), columns, into);
    float[] data = into.data();
    int length = size.features() * vectors;
    for (int i = 0; i < length; i++) {
      data[i] = Math.max(data[i], 0) + (float) CausalPerformer.EPSILON;
    }
  }

  private Block keyFeatures() {
    return Block.of(keyFeatures, size.features(), loaded);
  }

  private Block placed() {
    return Block.of(placed, loaded, 2 * size.headSize());
  }

  private Block memory() {
    return Block.of(memory, size.features(), 2 * size.headSize());
  }
}
