package dev.saccade.runtime.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * One point of a curve of time and memory against length.
 *
 * @param length T, the tokens of the sequence
 * @param medianMillis the median of the repetitions; null unless measured
 * @param spreadMillis how far the repetitions scatter around it; null unless measured
 * @param peakBytes the most native memory held at once; null unless known
 * @param reason why there is no measurement; null when there is one
 */
public record Timing(
    int length,
    @Nullable Double medianMillis,
    @Nullable Double spreadMillis,
    @Nullable Long peakBytes,
    Status status,
    @Nullable String reason) {

  /** Whether a length was measured. */
  public enum Status {
    @JsonProperty("measured")
    MEASURED,
    @JsonProperty("out of memory")
    OUT_OF_MEMORY,
    /** Left out on purpose: longer than the model allows, or than the time that was given. */
    @JsonProperty("skipped")
    SKIPPED
  }

  public Timing {
    boolean timed = medianMillis != null && Double.isFinite(medianMillis) && medianMillis > 0;
    if ((status == Status.MEASURED) != timed) {
      throw new IllegalArgumentException(
          "medianMillis must be positive if and only if the length was measured: length=%d, status=%s, medianMillis=%s"
              .formatted(length, status, medianMillis));
    }
    if (spreadMillis != null && !(spreadMillis >= 0 && Double.isFinite(spreadMillis))) {
      throw new IllegalArgumentException(
          "spreadMillis must not be negative and must be finite: length=%d, spreadMillis=%s"
              .formatted(length, spreadMillis));
    }
  }

  /** A length that was measured. */
  public static Timing measured(
      int length, double medianMillis, double spreadMillis, @Nullable Long peakBytes) {
    return new Timing(length, medianMillis, spreadMillis, peakBytes, Status.MEASURED, null);
  }

  /** A length for which there was not enough memory. */
  public static Timing outOfMemory(int length, String reason) {
    return new Timing(length, null, null, null, Status.OUT_OF_MEMORY, reason);
  }

  /** A length that was left out. */
  public static Timing skipped(int length, String reason) {
    return new Timing(length, null, null, null, Status.SKIPPED, reason);
  }
}
