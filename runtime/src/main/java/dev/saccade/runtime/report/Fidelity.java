package dev.saccade.runtime.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How close a mechanism comes to its teacher. All figures are means over the text; errors are
 * relative L2 norms, {@code ‖student − teacher‖ / ‖teacher‖}, and zero for the teacher itself.
 *
 * @param hiddenError the error of the last hidden states of the whole model
 * @param hiddenCosine the cosine between the last hidden states, 1 for the same direction
 * @param contextError the error of one layer's output when it is given the teacher's own queries,
 *     keys and values, so that errors of earlier layers do not add up
 * @param attentionDistance the mean total variation between rows of the attention matrix, from 0
 *     (the same) to 1 (disjoint); null if the mechanism cannot show its matrix
 * @param attentionKl the mean KL divergence from the teacher's row to the student's, in nats; null
 *     if it cannot be known or is infinite
 */
public record Fidelity(
    double hiddenError,
    double hiddenCosine,
    double contextError,
    @Nullable Double attentionDistance,
    @Nullable Double attentionKl,
    List<OfLayer> layers) {

  /** The figures of one layer; {@code hiddenError} is that of the states which leave it. */
  public record OfLayer(
      int layer, double hiddenError, double contextError, @Nullable Double attentionDistance) {
    public OfLayer {
      requireFinite("hiddenError of layer " + layer, hiddenError);
      requireFinite("contextError of layer " + layer, contextError);
      requireFinite("attentionDistance of layer " + layer, attentionDistance);
    }
  }

  public Fidelity {
    requireFinite("hiddenError", hiddenError);
    requireFinite("hiddenCosine", hiddenCosine);
    requireFinite("contextError", contextError);
    requireFinite("attentionDistance", attentionDistance);
    requireFinite("attentionKl", attentionKl);
    layers = List.copyOf(layers);
  }

  /** JSON has no NaN, and a mechanism that yields one has not been compared: it failed. */
  private static void requireFinite(String figure, @Nullable Double value) {
    if (value != null && !Double.isFinite(value)) {
      throw new IllegalArgumentException(
          "%s must be finite, or the mechanism has failed: %s".formatted(figure, value));
    }
  }
}
