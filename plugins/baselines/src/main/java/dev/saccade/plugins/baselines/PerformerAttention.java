package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Source;
import dev.saccade.api.Support;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.fused.FusedMixing;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Softmax attention estimated by random features, FAVOR+: φ(Q)·(φ(K)ᵀV) / φ(Q)·Σφ(K).
 *
 * <p>For Gaussian ω, exp(q·k) is the mean of exp(ω·q − |q|²/2) · exp(ω·k − |k|²/2): a product of
 * something of the query and something of the key. F such ω give F features, and keys and values
 * meet before any query does. Time H·T·F·D, where F is D·ln(D) by default. Rows of ω that are
 * orthogonal lower the variance; drawing new ones while training keeps a model from relying on the
 * errors of one draw.
 *
 * <p>The estimate is unbiased but errs most where exp(q·k) is large, so pointed attention suffers.
 * The features "relu" drop the claim to estimate softmax: φ(x) = relu(ω·x) + 0.001.
 *
 * <p>Choromanski et al., Rethinking Attention with Performers, ICLR 2021; constants as in
 * performer-pytorch 1.1.4.
 *
 * <p>Decodes by running sums, unless exponents are shifted by the greatest of all keys, which is
 * not known before the last one.
 */
@Component
public final class PerformerAttention implements AttentionMechanism {

  /** Which function of query and key the features stand for. */
  enum Estimate {
    /** exp(q·k/√D). */
    SOFTMAX,
    /** No known function; cheaper, and often as good once trained. */
    RELU
  }

  static final Option<Estimate> FEATURES =
      Option.choice("features", Estimate.SOFTMAX, "what the random features stand for");

  static final Option<Double> FEATURE_DIVISOR =
      Option.decimal("feature-divisor", 1.0, "random features are D·ln(D) divided by this")
          .between(0.0625, 64.0);

  static final Option<Integer> REDRAW_INTERVAL =
      Option.integer("redraw-interval", 1000, "training steps until new random features are drawn")
          .between(1, 1_000_000_000);

  static final Option<PaddedKeys> PADDED_KEYS =
      Option.choice(
          "padded-keys",
          PaddedKeys.HIDDEN,
          "whether padding is left out, or only its values are zero, as published");

  static final Option<Boolean> PEEKING_SHIFT =
      Option.flag(
          "peeking-shift",
          false,
          "with causal masks, shift exponents by the greatest of all keys, as published; later keys"
              + " then show a little");

  @Override
  public String name() {
    return "performer";
  }

  @Override
  public String summary() {
    return "softmax estimated by orthogonal random features, FAVOR+ (Choromanski et al. 2021)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·F·D"), Growth.linear("H·T·F"))
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
    return List.of(
        FEATURES,
        FEATURE_DIVISOR,
        REDRAW_INTERVAL,
        PADDED_KEYS,
        PEEKING_SHIFT,
        KernelChoice.OPTION);
  }

  @Override
  public Support check(AttentionSpec spec, Options options) {
    Support features =
        features(spec, options) > 0
            ? Support.yes()
            : Support.no(
                "there must be at least one random feature, headSize·ln(headSize) /"
                    + " feature-divisor: headSize=%d, feature-divisor=%s"
                        .formatted(spec.headSize(), options.get(FEATURE_DIVISOR)));
    return capabilities().check(spec).and(features);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new PerformerLayer(
        spec,
        features(spec, options),
        options.get(FEATURES),
        options.get(REDRAW_INTERVAL),
        options.get(PADDED_KEYS),
        options.get(PEEKING_SHIFT));
  }

  @Override
  public List<AttentionKernel> kernels() {
    return FusedMixing.fastestFirst();
  }

  /** F, rounded down as published. */
  private static int features(AttentionSpec spec, Options options) {
    return (int) (spec.headSize() * Math.log(spec.headSize()) / options.get(FEATURE_DIVISOR));
  }
}
