package dev.saccade.runtime.report;

import java.util.ArrayList;
import java.util.List;

/**
 * The attention weights of one head over the tokens of the sample, {@code [T, S]}.
 *
 * @param layer counted from zero
 * @param head counted from zero
 * @param rows one row a query token, one weight a key token
 */
public record AttentionMap(int layer, int head, List<List<Float>> rows) {

  public AttentionMap {
    rows = rows.stream().map(List::copyOf).toList();
  }

  /**
   * Takes the weights from an array {@code [T, S]} and keeps five decimals, which is more than an
   * eye can tell and halves the file.
   *
   * @throws IllegalArgumentException if a weight is not finite
   */
  public static AttentionMap of(int layer, int head, float[][] weights) {
    List<List<Float>> rows = new ArrayList<>(weights.length);
    for (float[] row : weights) {
      List<Float> rounded = new ArrayList<>(row.length);
      for (float weight : row) {
        if (!Float.isFinite(weight)) {
          throw new IllegalArgumentException(
              "attention weights must be finite: layer=%d, head=%d, weight=%s"
                  .formatted(layer, head, weight));
        }
        rounded.add(Math.round(weight * 1e5) / 1e5f);
      }
      rows.add(rounded);
    }
    return new AttentionMap(layer, head, rows);
  }
}
