package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.saccade.runtime.SaccadeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {

  private static final int STEPS = 40;

  @TempDir Path directory;

  private final CharacterModel model = new CharacterModel(1);
  private final CharacterText text = new CharacterText(32, 7);
  private final StopRequest stop = new StopRequest();

  @AfterEach
  void close() {
    model.close();
  }

  private static TrainSettings settings() {
    return TrainSettings.defaults(STEPS, 1e-3).withRhythm(new Rhythm(10, 10, 1));
  }

  /** Remembers everything it is told. */
  private static final class Ear implements TrainingListener {
    final List<StepReport> steps = new ArrayList<>();
    final List<EvaluationReport> evaluations = new ArrayList<>();
    final List<String> notes = new ArrayList<>();

    @Override
    public void stepped(StepReport report) {
      steps.add(report);
    }

    @Override
    public void evaluated(EvaluationReport report) {
      evaluations.add(report);
    }

    @Override
    public void noted(String note) {
      notes.add(note);
    }
  }

  @Test
  void guesses_the_next_character_of_unseen_text_better_and_better() {
    TrainSettings settings = TrainSettings.defaults(300, 1e-3).withRhythm(new Rhythm(100, 0, 10));
    Ear ear = new Ear();

    TrainingResult result = new Trainer<>(model, text, settings, ear, stop).begin(directory);

    assertThat(ear.steps).hasSize(300);
    assertThat(ear.steps.get(0).loss()).isBetween(4.0, 5.5);
    assertThat(ear.evaluations).hasSize(3);
    assertThat(result.best()).isBetween(1.8, 2.9);
    assertThat(result.stopped()).isNull();
    assertThat(result.step()).isEqualTo(300);
    assertThat(Files.exists(result.lastCheckpoint().resolve("trainer.json"))).isTrue();
  }

  @Test
  void twenty_steps_and_twenty_more_give_the_bits_of_forty() {
    float[] expected;
    try (CharacterModel other = new CharacterModel(1)) {
      new Trainer<>(other, text, settings(), TrainingListener.NONE, new StopRequest())
          .begin(directory.resolve("whole"));
      expected = other.values();
    }
    Path parted = directory.resolve("parted");
    TrainingListener stopAtTwenty =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            if (report.step() == 20) {
              stop.stop("half way");
            }
          }
        };

    TrainingResult half =
        new Trainer<>(model, text, settings(), stopAtTwenty, stop).begin(parted);
    TrainingResult whole;
    float[] actual;
    try (CharacterModel fresh = new CharacterModel(2)) {
      whole =
          new Trainer<>(fresh, text, settings(), TrainingListener.NONE, new StopRequest())
              .resume(parted);
      actual = fresh.values();
    }

    assertThat(half.step()).isEqualTo(20);
    assertThat(half.stopped()).isEqualTo("half way");
    assertThat(whole.step()).isEqualTo(STEPS);
    assertThat(actual).isEqualTo(expected);
    assertThatThrownBy(
            () -> new Trainer<>(model, text, settings(), TrainingListener.NONE, stop).begin(parted))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("already holds a run, of 40 steps");
  }
}
