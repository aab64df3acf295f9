package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;

class LinearConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new LinearAttention();
  }
}
