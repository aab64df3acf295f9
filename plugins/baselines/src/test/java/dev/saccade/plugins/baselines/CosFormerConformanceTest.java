package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Declarations;

class CosFormerConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new CosFormerAttention();
  }

  @Override
  protected Declarations declarations() {
    return Declarations.none()
        .attentionIsNotTheContext(
            masking -> true, "a layer projects queries, keys and values once more");
  }
}
