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
import dev.saccade.plugins.baselines.fused.FusedMixing;
import dev.saccade.plugins.baselines.fused.MixingLayer;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.osgi.service.component.annotations.Component;

/**
 * φ(Q)·(φ(K)ᵀV) / φ(Q)·Σφ(K), with the feature map φ(x) = elu(x) + 1.
 *
 * <p>Softmax weighs a key by exp(q·k); here it is weighed by φ(q)·φ(k), which is positive too but
 * factors. The product can then be grouped from the right: keys and values meet first, in a D×D
 * matrix, and no query ever meets a key. Time H·T·D², memory H·(T·D + D²).
 *
 * <p>It sharpens poorly: φ(q)·φ(k) grows linearly with the match where exp grows exponentially, so
 * a pretrained model that relies on pointed attention loses it.
 *
 * <p>With a causal mask, {@link FeatureMixing} keeps it linear. Queries and keys enter unscaled, as
 * published.
 *
 * <p>Katharopoulos et al., Transformers are RNNs, ICML 2020, equations 4 to 7.
 */
@Component
public final class LinearAttention implements AttentionMechanism {

  /** Keeps a query whose visible keys are all padding from dividing zero by zero. */
  private static final double EPSILON = 1e-6;

  @Override
  public String name() {
    return "linear";
  }

  @Override
  public String summary() {
    return "kernel feature map elu(x)+1, keys and values meet first (Katharopoulos et al. 2020)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·D²"), Growth.linear("H·T·D"))
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
    return List.of(KernelChoice.OPTION);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new Layer(spec);
  }

  @Override
  public List<AttentionKernel> kernels() {
    return FusedMixing.fastestFirst();
  }

  private record Layer(AttentionSpec spec) implements AttentionLayer {

    @Override
    public List<Probe> probes() {
      return List.of(Probe.ATTENTION);
    }

    @Override
    public AttentionOutput attend(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      // The kernels never hold what the probe shows.
      return graph.wants(Probe.ATTENTION)
          ? recipe(graph, query, key, value, mask)
          : FusedMixing.elu(graph)
              .adding(EPSILON)
              .context(query, key, value, mask.keys())
              .map(AttentionOutput::of)
              .orElseGet(() -> recipe(graph, query, key, value, mask));
    }

    private static AttentionOutput recipe(
        LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask) {
      SameDiff sd = graph.sameDiff();
      SDVariable queryFeatures = features(sd, query); // [B, H, T, D]
      SDVariable keyFeatures =
          mask.keys()
              .map(real -> features(sd, key).mul(Axes.perPosition(graph, real, graph.keys())))
              .orElseGet(() -> features(sd, key)); // [B, H, S, D]; zero for padding

      FeatureMixing mixing =
          FeatureMixing.of(graph, queryFeatures, keyFeatures, value, graph.spec().headSize());
      SDVariable mass = mixing.mass().add(EPSILON); // [B, H, T, 1]
      AttentionOutput output = AttentionOutput.of(mixing.sum().div(mass)); // [B, H, T, D]
      return graph.wants(Probe.ATTENTION)
          ? output.withProbe(
              Probe.ATTENTION,
              new ProbeValue.Dense(
                  FeatureMixing.attention(graph, mask, queryFeatures, keyFeatures, mass)))
          : output;
    }

    @Override
    public Optional<IncrementalAttention> incremental() {
      return spec.masking().causal()
          ? Optional.of(
              FeatureMemory.decoding(
                  PaddedKeys.HIDDEN,
                  setup -> MixingLayer.elu(spec.headSize(), EPSILON),
                  setup -> new Features(spec.headSize())))
          : Optional.empty();
    }

    private static SDVariable features(SameDiff sd, SDVariable x) {
      return sd.nn().elu(x).add(1.0);
    }
  }

  /** The same feature map for one vector. */
  private record Features(int features) implements FeatureMap {

    @Override
    public void ofQuery(double[] query, int place, double[] into) {
      for (int d = 0; d < features; d++) {
        into[d] = query[d] > 0 ? query[d] + 1 : Math.exp(query[d]);
      }
    }

    @Override
    public void ofKey(double[] key, int place, double[] into) {
      ofQuery(key, place, into);
    }

    @Override
    public double divisor(double mass, double[] queryFeatures) {
      return mass + EPSILON;
    }
  }
}
