package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;
import java.util.Arrays;
import java.util.function.IntFunction;

/**
 * The random directions ω of a Performer, for all threads of a call.
 *
 * @param features F
 * @param directions {@code [F, D]}, and rows of zeros up to the width of feature blocks
 * @param transposed the same, transposed
 * @param scale ∜(1/D): of x scaled by it, ω·x is the features' exponent
 */
record Projection(int features, Block directions, Block transposed, float scale) {

  /**
   * @param width of feature blocks
   * @param tensor {@code [F, D]}
   */
  static Projection of(IntFunction<float[]> memory, int width, Tensor tensor) {
    int features = Math.toIntExact(tensor.shape().axis(0));
    int headSize = Math.toIntExact(tensor.shape().axis(1));
    Block directions = Block.of(memory.apply(width * headSize), width, headSize);
    Block transposed = Block.of(memory.apply(width * headSize), headSize, width);
    Arrays.fill(directions.data(), 0);
    tensor.read(0, directions.data(), 0, features * headSize);
    for (int d = 0; d < headSize; d++) {
      for (int f = 0; f < width; f++) {
        transposed.data()[transposed.at(d, f)] = directions.data()[directions.at(f, d)];
      }
    }
    return new Projection(features, directions, transposed, (float) Math.pow(headSize, -0.25));
  }

  /** Puts zeros where there is no feature. */
  void blankRest(Block x) {
    for (int row = 0; row < x.rows(); row++) {
      int start = x.at(row, 0);
      Arrays.fill(x.data(), start + features, start + x.columns(), 0);
    }
  }

  /** into = scale·x; both dense. */
  void scale(Block x, Block into) {
    int count = x.rows() * x.columns();
    for (int i = 0; i < count; i++) {
      into.data()[into.offset() + i] = scale * x.data()[x.offset() + i];
    }
  }
}
