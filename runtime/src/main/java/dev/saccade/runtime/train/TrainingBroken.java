package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;
import java.io.Serial;

/**
 * Training left the numbers in which it makes sense: a loss, a gradient or a parameter is no finite
 * number, or the loss grows and grows. What was saved before is as it was.
 */
public final class TrainingBroken extends SaccadeException {

  @Serial private static final long serialVersionUID = 1L;

  private final long step;
  private final String what;

  TrainingBroken(long step, String what) {
    this(step, what, "");
  }

  private TrainingBroken(long step, String what, String kept) {
    super(
        "training broke at step %d: %s; begin again with a lower learning rate, a longer warm-up or a lower clip%s"
            .formatted(step, what, kept));
    this.step = step;
    this.what = what;
  }

  /** Returns the same, saying what checkpoint there is. */
  TrainingBroken keeping(String checkpoint) {
    return new TrainingBroken(step, what, "; kept: " + checkpoint);
  }

  /** Returns the step that could not be taken, from 1. */
  public long step() {
    return step;
  }
}
