package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.Source;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.fused.FusedMixing;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * A key weighs relu(q)·relu(k)·cos(π/2·(i − j)/m): all weights are positive, and near keys weigh
 * more.
 *
 * <p>The cosine of a difference is cos·cos + sin·sin, a product of something of the query's
 * position i and something of the key's j. So the whole weight factors into features of twice the
 * head size, and keys and values meet before any query does. Time and memory are linear in T:
 * H·T·D². There is nothing random and nothing is estimated; it is another attention, not an
 * approximation of softmax.
 *
 * <p>As published, m is the length of the sequence, so a text that goes on changes the weights of
 * its beginning, though never by what it says; such a layer cannot decode. With {@code
 * horizon=model}, m is the most positions that the model admits, nothing changes behind, and it
 * decodes by running sums; the distance then counts for less in short texts. The layer projects
 * queries, keys and values once more by weights of its own.
 *
 * <p>Qin et al., cosFormer: Rethinking Softmax in Attention, ICLR 2022, equation 10.
 */
@Component
public final class CosFormerAttention implements AttentionMechanism {

  /** What m is: the distance at which a key weighs nothing. */
  enum Horizon {
    /** The length of the sequence. */
    LENGTH,
    /** The most positions that the model admits. */
    MODEL
  }

  static final Option<Horizon> HORIZON =
      Option.choice(
          "horizon",
          Horizon.LENGTH,
          "where a key weighs nothing: at the text's length, as published, or at the model's most"
              + " positions, with which it decodes");

  static final Option<PaddedKeys> PADDED_KEYS =
      Option.choice(
          "padded-keys",
          PaddedKeys.HIDDEN,
          "whether padding is left out, or enters as zeros before the projections, as published");

  @Override
  public String name() {
    return "cosformer";
  }

  @Override
  public String summary() {
    return "relu features, reweighted by the cosine of the distance (Qin et al. 2022)";
  }

  /** Without {@link Feature#INCREMENTAL}, as features are those of default options. */
  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·D²"), Growth.linear("H·T·D"))
        .withSources(Source.SELF, Source.CROSS)
        .withFeatures(
            Feature.UNEQUAL_LENGTHS,
            Feature.GRADIENTS,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(PADDED_KEYS, HORIZON, KernelChoice.OPTION);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new CosFormerLayer(spec, options.get(PADDED_KEYS), options.get(HORIZON));
  }

  @Override
  public List<AttentionKernel> kernels() {
    return FusedMixing.fastestFirst();
  }
}
