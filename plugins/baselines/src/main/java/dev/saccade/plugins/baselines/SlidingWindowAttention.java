package dev.saccade.plugins.baselines;

import dev.saccade.api.AttentionLayer;
import dev.saccade.api.AttentionMechanism;
import dev.saccade.api.AttentionSpec;
import dev.saccade.api.Capabilities;
import dev.saccade.api.Feature;
import dev.saccade.api.Growth;
import dev.saccade.api.UnsupportedSpecException;
import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.kernel.KernelChoice;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import dev.saccade.plugins.baselines.fused.FlashKernel;
import java.util.List;
import org.osgi.service.component.annotations.Component;

/**
 * Every query sees the keys near it, exactly as softmax would see them, and no others.
 *
 * <p>The window is w keys to each side, or to the left when the mask is causal. No T×S array
 * exists: time H·T·w·D. The kernels are those of {@link FlashAttention}, which pass over the tiles
 * that nobody sees, with memory H·T; the recipe cuts positions into pieces of w, whose queries meet
 * the keys of their own piece and its neighbours, with memory H·T·w. Layers stack, and with them
 * the reach.
 *
 * <p>The first g positions may be global: every query sees them, and they see every key. With
 * padding in front, it is padding that is global; then leave them at none, the default.
 *
 * <p>Beltagy et al., Longformer: The Long-Document Transformer, 2020, section 3.1; without
 * dilation, and with the same projections for global positions as for others.
 */
@Component
public final class SlidingWindowAttention implements AttentionMechanism {

  static final Option<Integer> WINDOW =
      Option.integer("window", 64, "keys seen on each side of a query").between(1, 65536);

  static final Option<Integer> GLOBALS =
      Option.integer("globals", 0, "first positions that see all and are seen by all")
          .between(0, 65536);

  @Override
  public String name() {
    return "sliding-window";
  }

  @Override
  public String summary() {
    return "exact within a window, with global positions (Longformer, Beltagy et al. 2020)";
  }

  @Override
  public Capabilities capabilities() {
    return Capabilities.growing(Growth.linear("H·T·w·D"), Growth.linear("H·T·w"))
        .withFeatures(
            Feature.GRADIENTS,
            Feature.INCREMENTAL,
            Feature.LENGTH_GENERALISING,
            Feature.PADDING_INVARIANT,
            Feature.DETERMINISTIC);
  }

  @Override
  public List<Option<?>> options() {
    return List.of(WINDOW, GLOBALS, KernelChoice.OPTION);
  }

  @Override
  public AttentionLayer layer(AttentionSpec spec, Options options) {
    UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
    return new SlidingWindowLayer(spec, options.get(WINDOW), options.get(GLOBALS));
  }

  @Override
  public List<AttentionKernel> kernels() {
    return FlashKernel.fastestFirst();
  }
}
