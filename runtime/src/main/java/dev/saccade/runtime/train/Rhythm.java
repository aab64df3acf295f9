package dev.saccade.runtime.train;

import dev.saccade.runtime.SaccadeException;

/**
 * How often training does what does not change its course, so it may differ when a run is resumed.
 * Each counts steps; 0 is never, but for the end of training.
 *
 * @param evaluate between evaluations on the validation data
 * @param save between checkpoints
 * @param log between lines of the log
 */
public record Rhythm(int evaluate, int save, int log) {

  public Rhythm {
    require("evaluations", evaluate);
    require("checkpoints", save);
    require("lines of the log", log);
  }

  private static void require(String what, int steps) {
    if (steps < 0) {
      throw new SaccadeException(
          "the steps between %s must be 0, for never, or more but are %d".formatted(what, steps));
    }
  }

  static boolean isDue(int every, long step) {
    return every > 0 && step > 0 && step % every == 0;
  }
}
