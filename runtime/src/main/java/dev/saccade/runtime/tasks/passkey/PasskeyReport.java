package dev.saccade.runtime.tasks.passkey;

import dev.saccade.runtime.evaluate.PerplexityReport;
import dev.saccade.runtime.measure.Machine;
import dev.saccade.runtime.model.CausalModel;
import dev.saccade.runtime.report.Report;
import dev.saccade.runtime.tasks.PublishedResult;
import java.time.Instant;
import java.util.List;

/**
 * How well a model retrieved pass keys, and all that is needed to get it again; the components are
 * the fields of the JSON file.
 *
 * @param created when, in ISO 8601
 * @param command the command line that made this report and makes it again
 * @param attention what filled the model's attention slots
 * @param chance of the key being chosen by chance, 0 to 1
 * @param published what others measured
 */
public record PasskeyReport(
    String saccadeVersion,
    String created,
    String command,
    String task,
    Report.Environment environment,
    Report.Model model,
    PerplexityReport.Attention attention,
    PasskeySettings settings,
    double chance,
    List<PasskeyScore> scores,
    List<PublishedResult> published) {

  private static final String SOURCE =
      "Mohtashami and Jaggi, Landmark Attention, 2023, section 4.2";

  private static final List<PublishedResult> PUBLISHED =
      List.of(
          new PublishedResult(
              "LLaMA 7B", "fails beyond its context", "context of 2,048 tokens", SOURCE),
          new PublishedResult(
              "LLaMA 7B with landmarks", "retrieves", "up to 32,000 tokens", SOURCE));

  public PasskeyReport {
    scores = List.copyOf(scores);
    published = List.copyOf(published);
  }

  /** Describes what has just been measured on this machine. */
  public static PasskeyReport of(
      String command, CausalModel model, PasskeySettings settings, List<PasskeyScore> scores) {
    return new PasskeyReport(
        Machine.saccadeVersion(),
        Instant.now().toString(),
        command,
        "passkey",
        Machine.environment(),
        PerplexityReport.describe(model.pretrained()),
        PerplexityReport.Attention.of(model),
        settings,
        1.0 / (settings.rivals() + 1),
        scores,
        PUBLISHED);
  }
}
