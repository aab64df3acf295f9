package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Declarations;
import dev.saccade.conformance.Variant;
import java.util.List;
import java.util.Map;

/** A sliding window with global positions, which asks for padding behind. */
class GlobalPositionsConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SlidingWindowAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.of(Map.of("window", "5", "globals", "2")));
  }

  @Override
  protected Declarations declarations() {
    return Declarations.none()
        .paddingBehindOnly("the global positions are the first ones, padding or not");
  }
}
