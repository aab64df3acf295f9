package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * {@link CausalPerformer} a block of one head at a time: keys of the block are met as in the
 * recipe, and all before it as {@linkplain RoughStates running sums}. To use by one thread.
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
  private final RoughInputs inputs;
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
  private int asking; // rows of the queries at hand

  RoughContext(SeaRun run, KernelCall call) {
    this(run.blocks(), run.size(), run.weights(), call::floats, RoughInputs.of(run));
  }

  RoughContext(
      BlockMath math,
      SeaSize size,
      SeaWeights weights,
      IntFunction<float[]> memory,
      RoughInputs inputs) {
    this.math = math;
    this.size = size;
    this.weights = weights;
    this.inputs = inputs;
    this.queryScale = size.queryScale();
    int positions = size.blockPositions();
    int rows = size.blockRows();
    int head = size.headSize();
    int features = size.features();
    this.x = memory.apply(positions * head);
    this.placed = memory.apply(positions * 2 * head);
    this.across = memory.apply(head * positions);
    this.queryFeatures = memory.apply(features * rows);
    this.keyFeatures = memory.apply(features * positions);
    this.weightsOfKeys = memory.apply(rows * positions);
    this.memory = memory.apply(features * 2 * head);
    this.mass = memory.apply(rows);
    this.massOfFeatures = memory.apply(features);
  }

  /** Reads the keys and placed values of positions {@code from} … {@code to} − 1, a block's. */
  void load(int sequence, int head, int from, int to) {
    int width = size.headSize();
    loaded = to - from;
    inputs.value(sequence, head, from, loaded, x);
    spread(1);
    inputs.places(from, loaded, x);
    spread(0);
    Arrays.fill(placed, 0, inputs.blind(sequence, from, to) * 2 * width, 0);
    inputs.key(sequence, head, from, loaded, x);
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

  /** Reads the queries of rows {@code from} … {@code to} − 1, whose keys are loaded. */
  void ask(int sequence, int head, int from, int to) {
    asking = to - from;
    int width = size.headSize();
    int every = size.every();
    if (every == 1) {
      inputs.query(sequence, head, from, asking, x, 0);
    } else {
      for (int row = 0; row < asking; row++) {
        inputs.query(sequence, head, size.position(from + row), 1, x, row * width);
      }
    }
    scale(x, asking * width, queryScale);
    features(asking, queryFeatures());
  }

  /** Multiplies the features of the rows that ask with those of the keys that they see. */
  void meet() {
    Block ofKeys = weightsOfKeys();
    math.product(queryFeatures().transposed(), keyFeatures(), ofKeys);
    clearFuture(ofKeys);
  }

  /** Zeroes what stands where a row that asks does not see a key, {@code [rows, positions]}. */
  void clearFuture(Block ofKeys) {
    for (int row = 0; row < asking; row++) {
      int seen = Math.min(row * size.every() + 1, loaded);
      Arrays.fill(ofKeys.data(), ofKeys.at(row, 0) + seen, ofKeys.at(row, 0) + loaded, 0);
    }
  }

  /**
   * The rough context of the rows that ask.
   *
   * @param before the sums over the keys before those loaded
   * @param into {@code [rows, 2D]}
   */
  void mix(RoughStates.State before, Block into) {
    meet();
    Arrays.fill(mass, 0, asking, 0);
    math.rowSums(weightsOfKeys(), mass);
    float[] massBefore = before.mass().data();
    int offset = before.mass().offset();
    for (int f = 0; f < size.features(); f++) {
      float ofFeature = massBefore[offset + f] + (float) CausalPerformer.MASS;
      for (int row = 0; row < asking; row++) {
        mass[row] += queryFeatures[f * asking + row] * ofFeature;
      }
    }
    for (int row = 0; row < asking; row++) {
      mass[row] = 1 / mass[row];
    }
    math.product(queryFeatures().transposed(), before.memory(), into);
    math.addProduct(weightsOfKeys(), placed(), into);
    math.scaleRows(into, mass);
  }

  /**
   * Copies the values of the rows that ask.
   *
   * @param into {@code [rows, D]}
   */
  void values(Block into) {
    int width = size.headSize();
    for (int row = 0; row < asking; row++) {
      int at = (2 * row * size.every() + 1) * width;
      System.arraycopy(placed, at, into.data(), into.at(row, 0), width);
    }
  }

  /** What the last mixture was multiplied with, one a row. */
  float[] inverseMass() {
    return mass;
  }

  /**
   * The gradient of the vectors whose features have a gradient, {@code [vectors, D]}.
   *
   * @param features {@code [F, vectors]}
   * @param gradient of the features, changed
   */
  void throughFeatures(Block features, Block gradient, Block into) {
    int length = features.rows() * features.columns();
    for (int i = 0; i < length; i++) {
      if (features.data()[i] <= (float) CausalPerformer.EPSILON) {
        gradient.data()[i] = 0; // the ReLU was shut
      }
    }
    math.product(gradient.transposed(), weights.projection(), into);
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

  /** φ(Q)ᵀ of the rows that ask, {@code [F, rows]}. */
  Block queryFeatures() {
    return Block.of(queryFeatures, size.features(), asking);
  }

  /** A, zero for the future, {@code [rows, positions]}. */
  Block weightsOfKeys() {
    return Block.of(weightsOfKeys, asking, loaded);
  }

  /** φ(K)ᵀ, {@code [F, positions]}. */
  Block keyFeatures() {
    return Block.of(keyFeatures, size.features(), loaded);
  }

  /** U, {@code [positions, 2D]}. */
  Block placed() {
    return Block.of(placed, loaded, 2 * size.headSize());
  }

  private Block memory() {
    return Block.of(memory, size.features(), 2 * size.headSize());
  }
}
