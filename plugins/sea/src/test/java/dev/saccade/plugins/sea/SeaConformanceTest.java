package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Declarations;
import dev.saccade.conformance.Variant;
import java.util.List;

class SeaConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SeaAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.defaults(), Variant.of("width", "8"));
  }

  @Override
  protected Declarations declarations() {
    return Declarations.none()
        .attentionIsNotTheContext("the context mixes it with an average of the values");
  }
}
