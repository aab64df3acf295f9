package dev.saccade.runtime.cli;

import dev.saccade.runtime.compare.Progress;
import java.io.PrintWriter;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Progress on the terminal: a bar for a person, a line every tenth of the way for a log. */
final class ProgressDisplay implements Progress, AutoCloseable {

  private final PrintWriter err;
  private final @Nullable ProgressBar bar;
  private int tenths = -1;

  private ProgressDisplay(PrintWriter err, @Nullable ProgressBar bar) {
    this.err = err;
    this.bar = bar;
  }

  static ProgressDisplay on(PrintWriter err) {
    return new ProgressDisplay(
        err,
        Streams.interactive()
            ? new ProgressBarBuilder()
                .setTaskName("comparing")
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

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
