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
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.fused.FlashKernel;
import dev.saccade.plugins.baselines.fused.Sight;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.service.component.annotations.Component;

/**
 * softmax(QKᵀ/√D)·V without the matrix: the same numbers as {@link SoftmaxAttention}, a tile of
 * keys at a time.
 *
 * <p>A softmax can be computed over a row that never exists as a whole: keep the greatest logit so
 * far, the sum of exponentials relative to it, and the mix of values relative to it; when a greater
 * logit comes, scale the two down. The way back computes the weights anew from the logits and one
 * number a query, the logarithm of its sum. Time is still H·T·S·D, with some of it twice in
 * training, but memory is H·T.
 *
 * <p>The kernels compute in float32. In float64, and with {@code kernel=recipe}, it is the formula
 * with the whole matrix; the matrix is also computed when somebody asks to see it.
 *
 * <p>Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al.,
 * FlashAttention, NeurIPS 2022, algorithms 1 and 4; Dao, FlashAttention-2, ICLR 2024.
 */
@Component
public final class FlashAttention implements AttentionMechanism {

  @Override
  public String name() {
    return "flash";
  }

  @Override
  public String summary() {
    return "exact, tile by tile with online softmax, never T×T (Dao et al. 2022)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.linear("H·T"))
        .withSources(Source.SELF, Source.CROSS)
        .withFeatures(
            Feature.EXACT,
            Feature.GROUPED_HEADS,
            Feature.UNEQUAL_LENGTHS,
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(KernelChoice.OPTION);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new Layer(spec);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return FlashKernel.fastestFirst();
  }

  /** Shows its weights only when asked, by the plain formula: they are what it never holds. */
  private record Layer(AttentionSpec spec) implements AttentionLayer {

    @Override
    public List<Probe> probes() {
      return List.of(Probe.ATTENTION);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      Sight sight = Sight.unbounded(mask.masking().causal());
      AttentionOutput output =
          AttentionOutput.of(
              FlashKernel.context(graph, sight, query, key, value, mask)
                  .orElseGet(() -> GroupedSoftmax.context(graph, query, key, value, mask)));
      return graph.wants(Probe.ATTENTION)
          ? output.withProbe(
              Probe.ATTENTION,
              new ProbeValue.Dense(GroupedSoftmax.weights(graph, query, key, mask)))
          : output;
    }

    @Override
    public Optional<IncrementalAttention> incremental() {
      return ExactMemory.decoding(spec);
    }
  }
}
