package dev.saccade.plugins.sea;

import dev.saccade.api.kernel.Block;

/**
 * Where the gradients of the estimate's scores come from, on the way back without a causal mask. To
 * use by one thread.
 */
interface ScoresGradient {

  /**
   * Returns those of rows {@code from} … {@code to} − 1, no more than a block of them.
   *
   * @param window has painted these rows
   * @return {@code [rows·H, M]}, until the next call of this or of the window
   */
  Block of(int sequence, int from, int to, EncodedWindow window);
}
