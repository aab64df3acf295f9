package dev.saccade.plugins.sea;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.nd4j.autodiff.samediff.SDVariable;

/** softmax(QKᵀ/√D)·V, the attention of a teacher. */
final class ExactAttention implements AttentionMechanism {

  static final String NAME = "exact";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String summary() {
    return "exact attention, for a teacher";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
        .withFeatures(Feature.EXACT, Feature.GRADIENTS);
  }

  @Override
  public List<Option<?>> options() {
    return List.of();
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    return (graph, query, key, value, mask) -> {
      SDVariable logits = graph.sameDiff().mmul(query, key, false, true, false).mul(spec.scale());
      SDVariable weights = graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
      return AttentionOutput.of(weights.mmul(value)); // [B, H, T, D]
    };
  }
}
