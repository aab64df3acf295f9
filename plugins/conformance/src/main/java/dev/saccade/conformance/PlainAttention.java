package dev.saccade.conformance;

import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import java.util.List;

/**
 * {@link CorrectAttention} that declares little: a mutation of it breaks fewer promises at once, so
 * that it shows which test finds the one that matters.
 */
class PlainAttention extends CorrectAttention {

  private final Capabilities capabilities;

  /** Honours some masks, and need not be exact. */
  PlainAttention(Masking first, Masking... more) {
    this.capabilities =
        Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
            .withMaskings(first, more)
            .withFeatures(Feature.GRADIENTS, Feature.DETERMINISTIC);
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  List<Probe> probes() {
    return List.of();
  }
}
