package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;

class FlashConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new FlashAttention();
  }
}
