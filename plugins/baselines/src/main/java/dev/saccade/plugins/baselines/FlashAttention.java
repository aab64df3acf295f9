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
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.decode.IncrementalAttention;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelArguments;
import dev.saccade.api.option.Options;
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
 * <p>The arithmetic is plain Java in double precision, on all threads that the runtime lends.
 *
 * <p>Milakov and Gimelshein, Online normalizer calculation for softmax, 2018; Dao et al.,
 * FlashAttention, NeurIPS 2022, algorithms 1 and 4.
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
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new Layer(spec);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return List.of(new FlashKernel());
  }

  private record Layer(AttentionSpec spec) implements AttentionLayer {

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      KernelArguments arguments =
          KernelArguments.none()
              .with(FlashKernel.SCALE, spec.scale())
              .with(FlashKernel.CAUSAL, mask.masking().causal());
      SDVariable[] inputs =
          mask.keys()
              .map(real -> new SDVariable[] {query, key, value, real})
              .orElseGet(() -> new SDVariable[] {query, key, value});
      List<SDVariable> outputs = graph.kernel(FlashKernel.OPERATION, arguments, inputs);
      return AttentionOutput.of(outputs.get(FlashKernel.CONTEXT)); // [B, H, T, D]
    }

    @Override
    public Optional<IncrementalAttention> incremental() {
      return ExactMemory.decoding(spec);
    }
  }
}
