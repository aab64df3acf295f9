package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.BlockMath;
import dev.saccade.api.kernel.KernelCall;
import java.util.Arrays;

/**
 * The features of {@link Performer} for some vectors, and the way back. To use by one thread.
 *
 * <pre>
 *   φ(x) = exp(ω·x − |x|²/2 − shift) + 1e-4        ω and x times D^-¼
 *   dx = Σ de·ω − (Σ de)·x          de = dφ·(φ − 1e-4)
 * </pre>
 *
 * <p>The recipe's factor F^-½ is left out: contexts are quotients, in which it cancels.
 */
final class RoughFeatures {

  private final BlockMath math;
  private final int headSize;
  private final int count; // F
  private final float halfSquare; // what half of a square is multiplied with
  private final Block projection; // [F, D]
  private final Block across; // [D, F]
  private final float[] x; // [vectors, D]
  private final float[] features; // [vectors, F]
  private final float[] shifts; // one a vector, as the next two
  private final float[] greatest;
  private final float[] sums;
  private int vectors;

  /**
   * @param across the projection, {@code [D, F]}
   * @param most vectors at once
   */
  RoughFeatures(SeaRun run, KernelCall call, Block across, int most) {
    this.math = run.blocks();
    this.headSize = run.size().headSize();
    this.count = run.size().features();
    this.halfSquare = (float) (0.5 / Math.sqrt(headSize));
    this.projection = run.weights().projection();
    this.across = across;
    this.x = call.floats(most * headSize);
    this.features = call.floats(most * count);
    this.shifts = call.floats(most);
    this.greatest = call.floats(most);
    this.sums = call.floats(most);
  }

  /** Where vectors are to be put before {@link #project}, one after the other. */
  float[] vectors() {
    return x;
  }

  /** Computes ω·x of so many vectors, and the greatest of each. */
  void project(int vectors) {
    this.vectors = vectors;
    math.product(Block.of(x, vectors, headSize), across, block());
    Arrays.fill(greatest, 0, vectors, Float.NEGATIVE_INFINITY);
    math.rowMaxima(block(), greatest);
  }

  /** The greatest ω·x of every vector. */
  float[] greatest() {
    return greatest;
  }

  /** From ω·x to φ(x), each vector's greatest exponent subtracted, as for queries. */
  void open() {
    System.arraycopy(greatest, 0, shifts, 0, vectors);
    openShifted();
  }

  /** From ω·x to φ(x), with the same shift for all, as for keys. */
  void open(float shift) {
    Arrays.fill(shifts, 0, vectors, shift);
    openShifted();
  }

  private void openShifted() {
    Block vector = Block.of(x, vectors, headSize);
    Arrays.fill(sums, 0, vectors, 0);
    math.rowProducts(vector, vector, sums);
    for (int i = 0; i < vectors; i++) {
      shifts[i] += halfSquare * sums[i];
    }
    math.exp(block(), shifts, sums);
    for (int i = 0; i < vectors * count; i++) {
      features[i] += (float) Performer.EPSILON;
    }
  }

  /** φ, {@code [vectors, F]}; ω·x until opened. */
  Block block() {
    return Block.of(features, vectors, count);
  }

  /** Where the greatest feature of a vector stands; of equals the first. */
  int strongest(int vector) {
    int strongest = 0;
    for (int f = 1; f < count; f++) {
      if (features[vector * count + f] > features[vector * count + strongest]) {
        strongest = f;
      }
    }
    return strongest;
  }

  /**
   * The way back to the vectors, without what shifts get.
   *
   * @param gradient of φ, {@code [vectors, F]}; becomes that of ω·x
   * @return Σ over the features of the gradient of exponents, one a vector
   */
  float[] toExponents(Block gradient) {
    float[] data = gradient.data();
    for (int i = 0; i < vectors * count; i++) {
      data[i] *= features[i] - (float) Performer.EPSILON;
    }
    Arrays.fill(sums, 0, vectors, 0);
    math.rowSums(gradient, sums);
    return sums;
  }

  /**
   * From the gradient of ω·x, after {@link #toExponents}, to that of x.
   *
   * @param into {@code [vectors, D]}
   */
  void toVectors(Block gradient, Block into) {
    math.product(gradient, projection, into);
    float[] data = into.data();
    for (int i = 0; i < vectors; i++) {
      float factor = 2 * halfSquare * sums[i];
      for (int d = 0; d < headSize; d++) {
        data[i * headSize + d] -= factor * x[i * headSize + d];
      }
    }
  }
}
