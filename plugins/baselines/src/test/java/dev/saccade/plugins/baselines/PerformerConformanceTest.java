package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Variant;
import java.util.List;

class PerformerConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new PerformerAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.defaults(), Variant.of("features", "relu"));
  }
}
