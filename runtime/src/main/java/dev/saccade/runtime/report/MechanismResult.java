package dev.saccade.runtime.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What came of one mechanism: its figures, or every reason why there are none.
 *
 * @param bundle the symbolic name of the bundle that brought it
 * @param summary one line of help or citation
 * @param reasons why it was refused or failed; empty when it was compared
 * @param options the options it ran with, defaults included, in the order of its schema; the values
 *     are strings, numbers and booleans
 * @param exact whether it computes the teacher's formula rather than an approximation
 * @param timeGrowth how its time grows with the length, such as {@code "O(T²)"}
 * @param memoryGrowth how its memory grows with the length
 * @param fidelity how close it came to the teacher; null unless it was compared
 * @param latency the whole model, by rising length
 * @param layerLatency a single attention layer, by rising length
 * @param maps its attention over the sample; empty if it cannot show its matrix
 * @param kernels who computed its fused operations when it ran last; empty if it has none
 */
public record MechanismResult(
    String name,
    String version,
    String bundle,
    String summary,
    Status status,
    List<String> reasons,
    Map<String, Object> options,
    boolean exact,
    String timeGrowth,
    String memoryGrowth,
    @Nullable Fidelity fidelity,
    List<Timing> latency,
    List<Timing> layerLatency,
    List<AttentionMap> maps,
    List<KernelUse> kernels) {

  /** How far the comparison of a mechanism got. */
  public enum Status {
    /** It ran, and its figures can be trusted. */
    @JsonProperty("compared")
    COMPARED,
    /** It cannot compute what the model asks for, and said so before anything ran. */
    @JsonProperty("refused")
    REFUSED,
    /** It ran and broke: an exception, values that are not finite, a failed check. */
    @JsonProperty("failed")
    FAILED
  }

  public MechanismResult {
    if ((status == Status.COMPARED) != reasons.isEmpty()) {
      throw new IllegalArgumentException(
          "reasons are for what was not compared, and then there is at least one: name=%s, status=%s, reasons=%s"
              .formatted(name, status, reasons));
    }
    reasons = List.copyOf(reasons);
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    latency = List.copyOf(latency);
    layerLatency = List.copyOf(layerLatency);
    maps = List.copyOf(maps);
    kernels = List.copyOf(kernels);
  }

  /** A mechanism that cannot compute what the model asks for. */
  public static MechanismResult refused(
      String name,
      String version,
      String bundle,
      String summary,
      Map<String, Object> options,
      List<String> reasons) {
    return without(Status.REFUSED, name, version, bundle, summary, options, reasons);
  }

  /** A mechanism that ran and broke. */
  public static MechanismResult failed(
      String name,
      String version,
      String bundle,
      String summary,
      Map<String, Object> options,
      List<String> reasons) {
    return without(Status.FAILED, name, version, bundle, summary, options, reasons);
  }

  private static MechanismResult without(
      Status status,
      String name,
      String version,
      String bundle,
      String summary,
      Map<String, Object> options,
      List<String> reasons) {
    return new MechanismResult(
        name, version, bundle, summary, status, reasons, options, false, "", "", null, List.of(),
        List.of(), List.of(), List.of());
  }
}
