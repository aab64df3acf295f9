package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Declarations;
import dev.saccade.conformance.Variant;
import java.util.List;
import java.util.Map;

/** SEA with its defaults, and narrow estimates in every way that they can be made. */
class SeaConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SeaAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(
        Variant.defaults(),
        Variant.of(Map.of("width", "8", "k", "3", "keys", "at-most-k", "oversample", "2")),
        Variant.of(Map.of("width", "8", "k", "3", "joint-encoder", "true", "deeper", "true")),
        Variant.of(Map.of("width", "8", "grouping", "head", "joint-encoder", "true")),
        Variant.of(Map.of("width", "8", "grouping", "query", "estimate-every", "3")));
  }

  @Override
  protected Declarations declarations() {
    return Declarations.none()
        .attentionReachesBeyondKept("every query also sees the average of the values");
  }
}
