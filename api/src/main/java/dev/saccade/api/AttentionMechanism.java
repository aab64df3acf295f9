package dev.saccade.api;

import dev.saccade.api.kernel.AttentionKernel;
import dev.saccade.api.option.Option;
import dev.saccade.api.option.Options;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A way to mix values by how well queries match keys.
 *
 * <p>A plugin registers it as an OSGi service. Implementations hold no state, so one instance may
 * serve many models and threads. A whole mechanism, exact softmax attention:
 *
 * <pre>{@code
 * import dev.saccade.api.*;
 * import dev.saccade.api.option.Options;
 * import org.osgi.service.component.annotations.Component;
 *
 * @Component
 * public final class PlainAttention implements AttentionMechanism {
 *
 *   public String name() {
 *     return "plain";
 *   }
 *
 *   public String summary() {
 *     return "softmax(QKᵀ/√D)·V (Vaswani et al. 2017, equation 1)";
 *   }
 *
 *   public Capabilities capabilities() {
 *     return Capabilities.growing(Growth.quadratic("H·T²·D"), Growth.quadratic("H·T²"))
 *         .withFeatures(Feature.EXACT, Feature.GRADIENTS, Feature.DETERMINISTIC);
 *   }
 *
 *   public AttentionLayer layer(AttentionSpec spec, Options options) {
 *     UnsupportedSpecException.throwIfNo(name(), spec, check(spec, options));
 *     return (graph, query, key, value, mask) -> {
 *       var logits = graph.sameDiff().mmul(query, key, false, true, false).mul(spec.scale());
 *       // [B, H, T, S]; a row that sees no key is zero
 *       var weights = graph.math().softmax(logits.add(mask.bias())).mul(mask.visible());
 *       return AttentionOutput.of(weights.mmul(value)); // [B, H, T, D]
 *     };
 *   }
 * }
 * }</pre>
 */
@ConsumerType
public interface AttentionMechanism {

  /** Returns the name users choose this mechanism by, such as {@code "softmax"}. */
  String name();

  /** Returns the idea and its source, in one line. */
  String summary();

  /** Returns what this mechanism can compute; the same answer for the life of the bundle. */
  Capabilities capabilities();

  /** Returns what users can set; the same answer for the life of the bundle. */
  default List<Option<?>> options() {
    return List.of();
  }

  /**
   * Says whether {@link #layer} would build a layer and, if not, every reason. Override it where
   * options decide too.
   */
  default Support check(AttentionSpec spec, Options options) {
    return capabilities().check(spec);
  }

  /**
   * Returns a layer for one attention slot.
   *
   * @param options validated against {@link #options}
   * @throws UnsupportedSpecException if {@link #check} says no
   */
  AttentionLayer layer(AttentionSpec spec, Options options);

  /**
   * Returns the fused operations of this mechanism in order of speed, fastest first. Several may
   * serve one operation; the runtime takes the first that says yes.
   */
  default List<AttentionKernel> kernels() {
    return List.of();
  }
}
