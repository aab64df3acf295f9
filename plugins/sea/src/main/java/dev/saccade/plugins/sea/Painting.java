package dev.saccade.plugins.sea;

import org.nd4j.autodiff.samediff.SDVariable;

/** A picture of the attention matrix, painted from strips by convolutions over rows and columns. */
sealed interface Painting permits PaintedRows, PaintedPast {

  /** Estimated logits of the attention, {@code [B, H, T′, M]}. */
  SDVariable scores();
}
