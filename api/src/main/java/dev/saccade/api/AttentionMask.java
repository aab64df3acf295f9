package dev.saccade.api;

import java.util.Optional;
import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * Which keys each query may see, in the forms that mechanisms need it.
 *
 * <p>The dense forms cost T·S numbers when the mask is causal; a mechanism that claims to be linear
 * uses {@link #keys} and knows the causal part by position. A mask with padding that a layer never
 * reads is an error that the runtime reports.
 */
@ProviderType
public interface AttentionMask {

  Masking masking();

  /**
   * One where a query may see a key, zero elsewhere: {@code [B or 1, 1, T or 1, S]}, with size 1 on
   * an axis that makes no difference. Broadcasts over heads.
   */
  SDVariable visible();

  /**
   * Zero where a query may see a key, a large negative finite number elsewhere; to be added to
   * logits. Of the shape of {@link #visible}.
   */
  SDVariable bias();

  /**
   * One for a real key, zero for padding: {@code [B, S]}. Empty when {@link Masking#padded} is
   * false.
   */
  Optional<SDVariable> keys();

  /**
   * One for a real query, zero for padding: {@code [B, T]}. Empty when {@link Masking#padded} is
   * false.
   */
  Optional<SDVariable> queries();
}
