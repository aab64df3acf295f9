package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Attention without meeting: the weights are not those of query and key, but made up.
 *
 * <p>The dense kind computes a query's weights for all positions by a small network that sees the
 * query alone; the random kind learns one matrix of weights for each head, which does not depend on
 * the text at all; the factorised kind learns it as a product of two thin ones. Sums of kinds are
 * possible. Keys are never looked at.
 *
 * <p>It asks how much of attention is about matching. It is as quadratic as softmax, time H·T²·D
 * and memory H·T², and bound to the positions that it was made for: padding in front changes
 * results.
 *
 * <p>Tay et al., Synthesizer: Rethinking Self-Attention for Transformer Models, ICML 2021.
 */
@Component
public final class SynthesizerAttention implements AttentionMechanism {

  /** Where the logits come from. */
  enum Kind {
    /** W₂·relu(W₁·q), the same network for all heads. */
    DENSE,
    /** One learned matrix for each head. */
    RANDOM,
    /** One product of two learned matrices for each head. */
    FACTORISED_RANDOM,
    /** The sum of dense and random. */
    DENSE_RANDOM;

    boolean dense() {
      return this == DENSE || this == DENSE_RANDOM;
    }

    boolean random() {
      return this == RANDOM || this == DENSE_RANDOM;
    }
  }

  static final Option<Kind> KIND = Option.choice("kind", Kind.DENSE, "where the weights come from");

  static final Option<Integer> HIDDEN =
      Option.integer("hidden", 64, "hidden units of the dense kind's network").between(1, 4096);

  static final Option<Integer> RANK =
      Option.integer("rank", 8, "inner size of the factorised kind's product").between(1, 4096);

  @Override
  public String name() {
    return "synthesizer";
  }

  @Override
  public String summary() {
    return "weights from the query alone or learned, never from keys (Tay et al. 2021)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
        .withFeatures(
            Feature.UNEQUAL_LENGTHS, Feature.GRADIENTS, Feature.INCREMENTAL, Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(KIND, HIDDEN, RANK);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new SynthesizerLayer(spec, options.get(KIND), options.get(HIDDEN), options.get(RANK));
  }
}
