package dev.saccade.runtime.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.saccade.runtime.report.KernelUse;
import dev.saccade.runtime.report.Report;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that one benchmark found; its components are the fields of {@code bench.json}.
 *
 * @param created when, in ISO 8601
 * @param command the command line that made this report and makes it again
 * @param layer what was measured
 * @param kernels who computed each operation of each mechanism, and why no faster one
 */
public record BenchReport(
    String saccadeVersion,
    String created,
    String command,
    long seed,
    Report.Environment environment,
    Layer layer,
    Map<String, List<KernelUse>> kernels,
    List<Row> rows,
    List<Summary> summary) {

  public BenchReport {
    rows = List.copyOf(rows);
    summary = List.copyOf(summary);
  }

  /**
   * The attention layer.
   *
   * @param options of each mechanism, all of them
   */
  public record Layer(
      int heads, int headSize, String mask, Map<String, Map<String, String>> options) {}

  /** What became of one measurement. */
  public enum Status {
    @JsonProperty("measured")
    MEASURED,
    /** Its results are not right, so its speed is no figure. */
    @JsonProperty("wrong")
    WRONG,
    /** The mechanism says that it cannot. */
    @JsonProperty("refused")
    REFUSED,
    /** It would take longer, or more memory, than there is. */
    @JsonProperty("skipped")
    SKIPPED,
    @JsonProperty("out of memory")
    OUT_OF_MEMORY,
    @JsonProperty("failed")
    FAILED
  }

  /**
   * One mechanism, one length, one direction.
   *
   * @param kernel who computed: the name of a kernel, "recipe", or "decoding"
   * @param medianMillis null unless measured
   * @param spreadMillis half the distance between the quartiles; null unless measured
   * @param peakBytes the most that was held at once beyond inputs and parameters, Java's memory for
   *     blocks included; null unless known
   * @param error ‖result − oracle‖ / ‖oracle‖ at {@link Gate#LENGTH} positions or fewer
   * @param tolerance the greatest error that passes
   * @param reason why there is no measurement; null when there is one
   */
  public record Row(
      String mechanism,
      String kernel,
      int length,
      Direction direction,
      @Nullable Double medianMillis,
      @Nullable Double spreadMillis,
      @Nullable Long peakBytes,
      @Nullable Double error,
      @Nullable Double tolerance,
      Status status,
      @Nullable String reason) {}

  /**
   * How one mechanism grows, in one direction.
   *
   * @param timeExponent the power of T that its time grows with; null with fewer than two lengths
   * @param memoryExponent the same of its peak memory
   * @param crossoverVsSoftmax the length from which it is faster than softmax; null if it is not,
   *     or softmax was not measured
   * @param crossoverVsFlash the same against flash
   */
  public record Summary(
      String mechanism,
      Direction direction,
      @Nullable Double timeExponent,
      @Nullable Double memoryExponent,
      @Nullable Integer crossoverVsSoftmax,
      @Nullable Integer crossoverVsFlash) {}
}
