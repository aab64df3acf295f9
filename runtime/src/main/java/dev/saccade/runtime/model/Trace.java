package dev.saccade.runtime.model;

import dev.saccade.api.Probe;
import java.util.List;
import java.util.Map;

/**
 * What went on inside a model in one forward pass: every hidden state and all that entered and left
 * the attention slots. On the heap, row-major; padding included.
 *
 * @param batch B, the texts
 * @param positions T, the length that the batch was padded to
 * @param hidden {@code [B, T, hiddenSize]} each: before the first layer, then after every layer
 * @param layers one an attention slot
 */
public record Trace(int batch, int positions, List<float[]> hidden, List<OfLayer> layers) {

  /**
   * One attention slot.
   *
   * @param query {@code [B, H, T, D]}, not yet scaled
   * @param key {@code [B, H, T, D]}
   * @param value {@code [B, H, T, D]}
   * @param context {@code [B, H, T, D]}
   * @param probes those that were asked for and that the layer has, dense, by probe
   */
  public record OfLayer(
      float[] query, float[] key, float[] value, float[] context, Map<Probe, float[]> probes) {}
}
