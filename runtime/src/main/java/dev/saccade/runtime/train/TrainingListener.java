package dev.saccade.runtime.train;

import java.nio.file.Path;

/** Told what training does, by the thread that trains; must return quickly. */
public interface TrainingListener {

  /** Nobody listens. */
  TrainingListener NONE = new TrainingListener() {};

  /**
   * A run begins or goes on.
   *
   * @param step how many steps are done already
   */
  default void begun(Path directory, long step, long steps) {}

  /** A step was taken. */
  default void stepped(StepReport report) {}

  /** The validation data were measured. */
  default void evaluated(EvaluationReport report) {}

  /** A checkpoint is whole. */
  default void saved(Path checkpoint, long step) {}

  /** Something the user should know, in a line. */
  default void noted(String note) {}
}
