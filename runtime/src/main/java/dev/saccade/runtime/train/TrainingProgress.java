package dev.saccade.runtime.train;

import dev.saccade.runtime.measure.Progress;
import dev.saccade.runtime.report.Figures;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;

/** Tells where training is in a line: loss, validation loss, speed, memory and time left. */
public class TrainingProgress implements TrainingListener {

  private static final double NANOS = 1e9;
  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;

  private final Progress progress;
  private final LongSupplier nanoTime;
  private long firstStep;
  private long begun;
  private String validation = "";

  public TrainingProgress(Progress progress) {
    this(progress, System::nanoTime);
  }

  TrainingProgress(Progress progress, LongSupplier nanoTime) {
    this.progress = progress;
    this.nanoTime = nanoTime;
  }

  @Override
  public void begun(Path directory, long step, long steps) {
    firstStep = step;
    begun = nanoTime.getAsLong();
  }

  @Override
  public void evaluated(EvaluationReport report) {
    validation = String.format(Locale.ROOT, ", validation %.4f", report.loss());
  }

  @Override
  public void stepped(StepReport report) {
    // Evaluations and checkpoints count, since they will come again.
    double seconds = (nanoTime.getAsLong() - begun) / NANOS;
    double left = seconds / (report.step() - firstStep) * (report.steps() - report.step());
    progress.at(
        String.format(
            Locale.ROOT,
            "loss %.4f%s, %,.0f tokens/s, %s, %s left",
            report.loss(),
            validation,
            report.positionsPerSecond(),
            Figures.bytes(report.peakBytes()),
            duration(Math.round(left))),
        Math.toIntExact(report.step()),
        Math.toIntExact(report.steps()));
  }

  private static String duration(long seconds) {
    if (seconds < MINUTE) {
      return seconds + " s";
    }
    return seconds < HOUR
        ? "%d min".formatted(Math.round((double) seconds / MINUTE))
        : "%d h %d min".formatted(seconds / HOUR, seconds % HOUR / MINUTE);
  }
}
