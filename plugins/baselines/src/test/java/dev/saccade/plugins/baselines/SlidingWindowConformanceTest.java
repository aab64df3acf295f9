package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Variant;
import java.util.List;

class SlidingWindowConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SlidingWindowAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.of("window", "5"));
  }
}
