package dev.saccade.runtime.train;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a run ended.
 *
 * @param step how many steps were taken, since its very beginning
 * @param steps that it is to have
 * @param stopped why it stopped before its end; null if it did not
 * @param best the lowest validation loss; null if nothing was evaluated
 * @param bestStep after which step that was
 * @param directory where everything is
 */
public record TrainingResult(
    long step,
    long steps,
    @Nullable String stopped,
    @Nullable Double best,
    long bestStep,
    Path directory) {

  /** Returns the checkpoint that the run can be resumed from. */
  public Path lastCheckpoint() {
    return directory.resolve(RunDirectory.LAST);
  }

  /** Returns the checkpoint of the lowest validation loss, which is there if {@link #best} is. */
  public Path bestCheckpoint() {
    return directory.resolve(RunDirectory.BEST);
  }
}
