package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMask;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionOutput;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.LayerGraph;
import dev.saccade.api.Masking;
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.service.component.annotations.Component;

/**
 * softmax(QKᵀ/√D)·V: every query weighs every key it may see.
 *
 * <p>The definition that all others approximate, and the teacher that they are measured against. As
 * a recipe it holds the whole attention matrix: time H·T·S·D, memory H·T·S.
 *
 * <p>A query that may see no key at all gets a context of zero.
 *
 * <p>Vaswani et al., Attention Is All You Need, 2017, equation 1.
 */
@Component
public final class SoftmaxAttention implements AttentionMechanism {

  @Override
  public String name() {
    return "softmax";
  }

  @Override
  public String summary() {
    return "exact: softmax(QKᵀ/√D)·V (Vaswani et al. 2017)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
        .withSources(Source.SELF, Source.CROSS)
        .withFeatures(
            Feature.EXACT,
            Feature.UNEQUAL_LENGTHS,
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new Layer(spec);
  }

  private record Layer(AttentionSpec spec) implements AttentionLayer {

    @Override
    public List<Probe> probes() {
      return List.of(Probe.ATTENTION);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      SDVariable scores = graph.sameDiff().mmul(query, key, false, true, false); // [B, H, T, S]
      SDVariable logits = scores.mul(spec.scale()); // [B, H, T, S]
      SDVariable weights =
          spec.masking() == Masking.NONE
              ? graph.math().softmax(logits)
              : graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
      // [B, H, T, S]; rows sum to one, or to zero where a query sees no key
      AttentionOutput output = AttentionOutput.of(weights.mmul(value)); // [B, H, T, D]
      return graph.wants(Probe.ATTENTION)
          ? output.withProbe(Probe.ATTENTION, new ProbeValue.Dense(weights))
          : output;
    }

    @Override
    public Optional<IncrementalAttention> incremental() {
      return ExactMemory.decoding(spec);
    }
  }
}
