package dev.saccade.plugins.baselines.fused;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.Tensor;

/**
 * The random directions ω of a Performer, for all threads of a call.
 *
 * @param directions {@code [F, D]}
 * @param transposed {@code [D, F]}
 * @param scale ∜(1/D): of x scaled by it, ω·x is the features' exponent
 */
record Projection(Block directions, Block transposed, float scale) {

  /**
   * @param tensor {@code [F, D]}
   */
  static Projection of(MixingCall call, Tensor tensor) {
    int features = Math.toIntExact(tensor.shape().axis(0));
    int headSize = Math.toIntExact(tensor.shape().axis(1));
    Block directions = call.block(features, headSize);
    Block transposed = call.block(headSize, features);
    tensor.read(0, directions.data(), 0, features * headSize);
    call.math().copy(directions.transposed(), transposed);
    return new Projection(directions, transposed, (float) Math.pow(headSize, -0.25));
  }

  /** into = scale·x; both dense. */
  void scale(Block x, Block into) {
    int count = x.rows() * x.columns();
    for (int i = 0; i < count; i++) {
      into.data()[into.offset() + i] = scale * x.data()[x.offset() + i];
    }
  }
}
