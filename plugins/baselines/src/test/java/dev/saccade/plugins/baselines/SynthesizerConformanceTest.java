package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Variant;
import java.util.List;
import java.util.Map;

class SynthesizerConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SynthesizerAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(
        Variant.of("hidden", "7"),
        Variant.of("kind", "random"),
        Variant.of("kind", "factorised-random"),
        Variant.of(Map.of("kind", "dense-random", "hidden", "7")));
  }
}
