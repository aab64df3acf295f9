package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;
import dev.saccade.api.kernel.KernelCall;

/**
 * The parameters that layers with and without causal mask have, as the kernel multiplies with them,
 * read once for all threads. Those of the painting are {@link PastWeights} and {@link
 * AroundWeights}.
 *
 * @param projection of the random features, ω·D^-¼, {@code [F, D]}
 * @param encoder {@code [2D, 3D]}, times H on both axes if the encoder is joint
 * @param rows {@code [strips·W, 2D]}
 * @param gates {@code [2, 2D]}
 */
record SeaWeights(Block projection, Linear encoder, Norm encoderNorm, Linear rows, Linear gates) {

  /**
   * x·Wᵀ + b.
   *
   * @param weight {@code [out, in]}
   * @param across the same, {@code [in, out]}
   * @param bias {@code [out]}
   */
  record Linear(Block weight, Block across, Block bias) {

    /** into = x·Wᵀ + b. */
    void apply(SeaMath math, Block x, Block into) {
      for (int row = 0; row < into.rows(); row++) {
        math.blocks().copy(bias, into.rows(row, row + 1));
      }
      math.blocks().addProduct(x, across, into);
    }
  }

  /**
   * Gain and bias of a normalised row.
   *
   * @param gain {@code [1, n]}
   * @param bias {@code [1, n]}
   */
  record Norm(Block gain, Block bias) {}

  static SeaWeights of(KernelCall call, SeaInputs inputs, SeaSize size) {
    return of(new WeightReader(call, inputs), size);
  }

  static SeaWeights of(WeightReader reader, SeaSize size) {
    int head = size.headSize();
    int together = size.options().jointEncoder() ? size.heads() : 1;
    Block projection = reader.block(SeaParameters.PROJECTION, size.features(), head);
    float scale = (float) Math.pow(head, -0.25);
    for (int i = 0; i < projection.data().length; i++) {
      projection.data()[i] *= scale;
    }
    return new SeaWeights(
        projection,
        reader.linear(SeaParameters.ENCODER, 2 * head * together, 3 * head * together),
        reader.norm(SeaParameters.ENCODER_NORM, 2 * head * together),
        reader.linear(SeaParameters.ROWS, size.strips().perHead() * size.stripWidth(), 2 * head),
        reader.linear(SeaParameters.GATES, 2, 2 * head));
  }
}
