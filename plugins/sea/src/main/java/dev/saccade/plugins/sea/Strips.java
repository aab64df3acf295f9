package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionSpec;

/**
 * What the row decoder gives to the painting of the estimate: several strips a head, each narrower
 * than the estimate, which painting widens to M.
 *
 * @param perHead strips of one head
 * @param width W, columns of one strip
 */
record Strips(int perHead, int width) {

  /** Four of M/2, or two of M/4 in causal attention. */
  static Strips of(AttentionSpec spec, SeaOptions options) {
    return spec.masking().causal()
        ? new Strips(2, options.width() / 4)
        : new Strips(4, options.width() / 2);
  }
}
