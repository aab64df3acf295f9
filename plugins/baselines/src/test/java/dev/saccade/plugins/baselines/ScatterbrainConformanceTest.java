package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Variant;
import java.util.List;
import java.util.Map;

class ScatterbrainConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new ScatterbrainAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.of(Map.of("bucket", "3", "hashes", "2")));
  }
}
