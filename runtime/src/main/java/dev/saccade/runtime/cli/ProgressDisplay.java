package dev.saccade.runtime.cli;

import dev.saccade.runtime.measure.Progress;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Progress on the terminal: a bar for a person, a line every tenth of the way for a log. */
final class ProgressDisplay implements Progress, AutoCloseable {

  private final SaccadeCli cli;
  private final PrintWriter err;
  private final @Nullable ProgressBar bar;
  private int tenths = -1;

  private ProgressDisplay(SaccadeCli cli, PrintWriter err, @Nullable ProgressBar bar) {
    this.cli = cli;
    this.err = err;
    this.bar = bar;
  }

  /** Shows the progress of a command that measures. */
  static ProgressDisplay of(CommandSpec command) {
    return of(command, "measuring");
  }

  /** Shows the progress of a command that does {@code task}. */
  static ProgressDisplay of(CommandSpec command, String task) {
    return new ProgressDisplay(
        SaccadeCli.of(command),
        command.commandLine().getErr(),
        Streams.interactive()
            ? new ProgressBarBuilder()
                .setTaskName(task)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setUpdateIntervalMillis(200)
                .continuousUpdate()
                .clearDisplayOnFinish()
                .build()
            : null);
  }

  @Override
  public void at(String what, int done, int steps) {
    if (bar != null) {
      bar.maxHint(steps);
      bar.stepTo(done);
      bar.setExtraMessage(" " + what);
      return;
    }
    int now = steps == 0 ? 10 : 10 * done / steps;
    if (now > tenths) {
      tenths = now;
      err.println("[%3d %%] %s".formatted(10 * now, what));
    }
  }

  /** The reason is in the results; the stack trace would not be. */
  @Override
  public void broke(String mechanism, Throwable cause) {
    cli.trace(cause, err);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
