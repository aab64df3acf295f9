package dev.saccade.api;

import dev.saccade.api.decode.IncrementalAttention;
import java.util.List;
import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One attention slot of a model, filled by a mechanism: it declares the parameters that it needs
 * and adds its mathematics to a graph. The runtime owns the parameters' storage.
 *
 * <p>Immutable, so one instance may serve many graphs and threads.
 */
@ConsumerType
public interface AttentionLayer {

  /** Returns the parameters of this layer, the same at every call. */
  default List<Parameter> parameters() {
    return List.of();
  }

  /** Returns the diagnostics that this layer can give. */
  default List<Probe> probes() {
    return List.of();
  }

  /** Returns the sequence lengths that this layer takes with its options. */
  default LengthRule lengths() {
    return LengthRule.any();
  }

  /**
   * Adds this layer to the graph that owns the inputs.
   *
   * @param query {@code [B, H, T, D]}, not yet scaled
   * @param key {@code [B, K, S, D]}
   * @param value {@code [B, K, S, D]}
   * @param mask which keys each query may see
   * @return the context {@code [B, H, T, D]}, zero for a query that may see no key, and the probes
   *     that {@link LayerGraph#wants} asks for
   */
  AttentionOutput attend(
      LayerGraph graph, SDVariable query, SDVariable key, SDVariable value, AttentionMask mask);

  /** Returns how this layer decodes position by position, if it can. */
  default Optional<IncrementalAttention> incremental() {
    return Optional.empty();
  }
}
