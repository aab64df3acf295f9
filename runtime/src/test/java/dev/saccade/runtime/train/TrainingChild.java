package dev.saccade.runtime.train;

import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A process that trains the character model slowly, so that it can be killed in the middle.
 *
 * <p>Its arguments are the directory, which it resumes if it can, and how many milliseconds to wait
 * after each step.
 */
final class TrainingChild {

  static final int STEPS = 40;
  static final int MODEL_SEED = 1;

  private TrainingChild() {}

  static TrainSettings settings() {
    return TrainSettings.defaults(STEPS, 1e-3).withAccumulation(5).withRhythm(new Rhythm(5, 2, 1));
  }

  static CharacterText text() {
    return new CharacterText(509, 7);
  }

  public static void main(String[] args) {
    Path directory = Path.of(args[0]);
    long pauseNanos = 1_000_000L * Integer.parseInt(args[1]);
    TrainingListener slow =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            LockSupport.parkNanos(pauseNanos);
          }
        };
    boolean resume = Trainer.canResume(directory);
    try (CharacterModel model = new CharacterModel(resume ? 99 : MODEL_SEED);
        StopRequest stop = StopRequest.onShutdown()) {
      Trainer<CharacterBatch> trainer = new Trainer<>(model, text(), settings(), slow, stop);
      TrainingResult result = resume ? trainer.resume(directory) : trainer.begin(directory);
      System.out.println("ended at step " + result.step() + ", stopped: " + result.stopped());
    }
    System.exit(0);
  }
}
