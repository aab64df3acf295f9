package dev.saccade.api.distill;

import org.nd4j.autodiff.samediff.SDVariable;
import org.osgi.annotation.versioning.ProviderType;

/** What the exact teacher computed at the same layer for the same input. No gradient reaches it. */
@ProviderType
public interface TeacherAttention {

  /**
   * {@code [B, H, T, D]}, scaled by 1/√D; a linear objective recomputes scores from it by blocks.
   */
  SDVariable query();

  /** {@code [B, K, S, D]}. */
  SDVariable key();

  /**
   * Scaled and masked scores before the softmax, {@code [B, H, T, S]}. Quadratic: asked for only by
   * recipes.
   */
  SDVariable scores();

  /** The teacher's context, {@code [B, H, T, D]}. */
  SDVariable context();
}
