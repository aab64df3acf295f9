package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Variant;
import java.util.List;
import java.util.Map;

class SlidingWindowConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SlidingWindowAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.of("window", "5"), Variant.of(Map.of("window", "5", "globals", "2")));
  }
}
