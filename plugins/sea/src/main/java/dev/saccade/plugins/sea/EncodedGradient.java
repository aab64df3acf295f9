package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * Something that is read from what the encoder says, on the way back: the gates, or the strips of
 * the picture. To use by one thread.
 */
interface EncodedGradient {

  /**
   * Adds what some rows hand back.
   *
   * @param encoded what the encoder said, {@code [rows·H, 2D]}
   * @param gradient of it, added to, {@code [rows·H, 2D]}
   * @param sums of the parameters' gradients, added to
   */
  void addTo(OwnRows rows, Block encoded, Block gradient, EncoderSums sums);
}
