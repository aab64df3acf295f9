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
import dev.saccade.api.Probe;
import dev.saccade.api.ProbeValue;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.service.component.annotations.Component;

/**
 * Softmax over the k keys of every query whose true scores are greatest.
 *
 * <p>A mechanism that estimates which keys matter, as SEA does, can at best find these: for a given
 * k it is the upper bound of every estimated mask, and the distance to it is what the estimate
 * costs. What it lacks to exact softmax is what sparsity itself costs.
 *
 * <p>It saves nothing, since it computes every score in order to choose: time H·T·S·D, memory
 * H·T·S. Of equal scores the earlier key is kept. No gradient passes through the choice.
 *
 * <p>Gupta et al., Memory-efficient Transformers via Top-k Attention, SustaiNLP 2021.
 */
@Component
public final class TopKOracleAttention implements AttentionMechanism {

  static final Option<Integer> KEPT =
      Option.integer("k", 7, "keys kept per query and head").between(1, 65536).changeableLive();

  @Override
  public String name() {
    return "topk-oracle";
  }

  @Override
  public String summary() {
    return "the k truly greatest scores: bound of every estimated mask (Gupta et al. 2021)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
        .withSources(Source.SELF, Source.CROSS)
        .withFeatures(
            Feature.UNEQUAL_LENGTHS,
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(KEPT);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new Layer(spec);
  }

  private record Layer(AttentionSpec spec) implements AttentionLayer {

    @Override
    public List<Probe> probes() {
      return List.of(Probe.ATTENTION, Probe.KEPT);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      SDVariable logits =
          graph.sameDiff().mmul(query, key, false, true, false).mul(spec.scale()); // [B, H, T, S]
      SDVariable count = graph.option(KEPT).reshape(1, 1, 1, 1);
      SDVariable kept = graph.math().topMask(logits.add(mask.bias()), count).mul(mask.visible());
      // [B, H, T, S]; a query that sees fewer than k keys keeps those
      SDVariable weights = Masked.softmax(graph, logits, kept); // [B, H, T, S]
      AttentionOutput output = AttentionOutput.of(weights.mmul(value)); // [B, H, T, D]
      if (graph.wants(Probe.KEPT)) {
        output = output.withProbe(Probe.KEPT, new ProbeValue.Dense(kept));
      }
      return graph.wants(Probe.ATTENTION)
          ? output.withProbe(Probe.ATTENTION, new ProbeValue.Dense(weights))
          : output;
    }

    /** Keeps as many keys as the option says when a decoding begins. */
    @Override
    public Optional<IncrementalAttention> incremental() {
      if (!spec.masking().causal()) {
        return Optional.empty();
      }
      return Optional.of(
          setup -> {
            int kept = (int) setup.option(KEPT);
            return HeadwiseDecoding.open(setup, head -> new OracleMemory(spec, kept));
          });
    }
  }
}
