package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.Masking;
import dev.saccade.conformance.AttentionMechanismConformance;
import dev.saccade.conformance.Declarations;
import dev.saccade.conformance.Variant;
import java.util.List;

class SinkhornConformanceTest extends AttentionMechanismConformance {

  @Override
  protected AttentionMechanism mechanism() {
    return new SinkhornAttention();
  }

  @Override
  protected List<Variant> variants() {
    return List.of(Variant.of("bucket", "5"));
  }

  @Override
  protected Declarations declarations() {
    return Declarations.none()
        .attentionIsNotTheContext(
            Masking::causal, "a decoder also mixes learned values of empty buckets");
  }
}
