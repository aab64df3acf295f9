package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
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

    TrainingResult half = new Trainer<>(model, text, settings(), stopAtTwenty, stop).begin(parted);
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

  /** The character model with something wrong about a step. */
  private class Flawed implements Trainable<CharacterBatch> {
    private final UnaryOperator<BatchGradients> flaw;
    private final int at;
    private int calls;

    Flawed(int at, UnaryOperator<BatchGradients> flaw) {
      this.at = at;
      this.flaw = flaw;
    }

    @Override
    public List<TrainedParameter> parameters() {
      return model.parameters();
    }

    @Override
    public BatchGradients step(CharacterBatch batch, long seed) {
      BatchGradients right = model.step(batch, seed);
      return ++calls >= at ? flaw.apply(right) : right;
    }

    @Override
    public LossSum evaluate(CharacterBatch batch) {
      return model.evaluate(batch);
    }
  }

  private static BatchGradients withTerms(BatchGradients right, Map<String, Double> terms) {
    return new BatchGradients(terms, right.gradients(), right.positions(), right.peakBytes());
  }

  private TrainingResult train(Trainable<CharacterBatch> trained, TrainSettings settings) {
    return new Trainer<>(trained, text, settings, TrainingListener.NONE, stop).begin(directory);
  }

  @Test
  void a_loss_that_is_no_number_is_named_and_the_last_checkpoint_kept() throws Exception {
    Map<String, Double> terms = new LinkedHashMap<>();
    terms.put("cross-entropy", 3.0);
    terms.put("distillation", Double.NaN);
    Flawed flawed = new Flawed(17, right -> withTerms(right, terms));

    assertThatThrownBy(() -> train(flawed, settings()))
        .isInstanceOf(TrainingBroken.class)
        .hasMessageContaining(
            "broke at step 17: the loss distillation is NaN for batch 16 of epoch 0")
        .hasMessageContaining("kept: " + directory.resolve("last") + ", of step 10")
        .message()
        .doesNotContain("\n");

    assertThat(TrainerFile.read(directory.resolve("last")).state().step()).isEqualTo(10);
    assertThat(TrainLog.read(directory.resolve("log.jsonl")).training()).hasSize(16);
    assertThat(directory.resolve("loss.svg")).exists();
  }

  @Test
  void the_first_parameter_without_a_finite_gradient_is_named_before_anything_changes() {
    float[][] before = new float[1][];
    Flawed flawed =
        new Flawed(
            3,
            right -> {
              before[0] = model.values();
              right.gradients().get(3).putScalar(5, Float.POSITIVE_INFINITY);
              right.gradients().get(6).putScalar(5, Float.NaN);
              return right;
            });

    assertThatThrownBy(() -> train(flawed, settings()))
        .isInstanceOf(TrainingBroken.class)
        .hasMessageContaining("step 3: the gradient of norm.weight [64] is not finite")
        .hasMessageContaining("kept: no checkpoint");

    assertThat(model.values()).isEqualTo(before[0]);
  }

  @Test
  void a_loss_that_grows_and_grows_ends_the_run() {
    Flawed flawed = new Flawed(12, right -> withTerms(right, Map.of("cross-entropy", 20.0)));

    assertThatThrownBy(() -> train(flawed, settings()))
        .isInstanceOf(TrainingBroken.class)
        .hasMessageContaining("the running mean of the loss rose to")
        .hasMessageContaining("above 2.0 times")
        .hasMessageContaining("{cross-entropy=20.0}");
  }

  @Test
  void a_single_bad_batch_does_not() {
    int[] calls = {0};
    Flawed flawed =
        new Flawed(
            12, right -> calls[0]++ == 0 ? withTerms(right, Map.of("cross-entropy", 20.0)) : right);

    assertThat(train(flawed, settings()).step()).isEqualTo(STEPS);
  }

  @Test
  void parameters_that_are_no_numbers_are_not_saved() {
    TrainingListener breaking =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            if (report.step() == 20) {
              model.parameters().get(2).array().putScalar(7, Float.NaN);
            }
          }
        };
    TrainSettings settings = settings().withRhythm(new Rhythm(0, 10, 1));

    assertThatThrownBy(() -> new Trainer<>(model, text, settings, breaking, stop).begin(directory))
        .isInstanceOf(TrainingBroken.class)
        .hasMessageContaining("parameter hidden.bias [64] is NaN at element 7")
        .hasMessageContaining("of step 10");

    assertThat(TrainerFile.read(directory.resolve("last")).state().step()).isEqualTo(10);
  }

  @Test
  void several_batches_a_step_give_what_one_large_batch_gives() {
    CharacterText large = new CharacterText(96, 7);
    TrainSettings settings = settings().withRhythm(new Rhythm(0, 0, 1));
    Ear whole = new Ear();
    Ear parts = new Ear();
    try (CharacterModel other = new CharacterModel(1)) {
      new Trainer<>(other, large, settings, whole, stop).begin(directory.resolve("whole"));

      new Trainer<>(model, text, settings.withAccumulation(3), parts, stop)
          .begin(directory.resolve("parts"));

      // The same numbers added in another order; forty steps of Adam spread the rounding.
      float[] expected = other.values();
      float[] actual = model.values();
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], within(2e-3f));
      }
    }
    assertThat(parts.steps.get(0).positions()).isEqualTo(96);
    assertThat(parts.steps.get(0).loss()).isCloseTo(whole.steps.get(0).loss(), within(1e-6));
    assertThat(parts.steps.get(0).gradientNorm())
        .isCloseTo(whole.steps.get(0).gradientNorm(), within(1e-5));
  }

  @Test
  void a_gradient_is_shortened_to_the_clip_and_one_that_is_shorter_is_not() {
    float[] start = model.values();
    // Without moments' memory and far above the gradients, epsilon makes a step proportional.
    AdamWSettings plain = new AdamWSettings(0, 0, 1e6, 0, Map.of());
    TrainSettings settings =
        settings()
            .withOptimizer(plain)
            .withRate(LearningRate.constant(1e6))
            .withRhythm(new Rhythm(0, 0, 1));
    TrainSettings once =
        new TrainSettings(1, 1, 42, settings.rate(), plain, 0.25, 0, settings.rhythm());
    Ear ear = new Ear();

    new Trainer<>(model, text, once, ear, stop).begin(directory);

    assertThat(ear.steps.get(0).gradientNorm()).isGreaterThan(0.5);
    assertThat(distance(model.values(), start)).isCloseTo(0.25, within(1e-4));
  }

  private static double distance(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.pow(a[i] - (double) b[i], 2);
    }
    return Math.sqrt(sum);
  }

  @Test
  void settings_data_and_model_of_another_run_are_refused_by_name() {
    TrainSettings first = settings();
    train(model, first);
    TrainSettings other =
        first
            .withSeed(43)
            .withClip(3)
            .withRate(LearningRate.cosine(2e-3, 0))
            .withRhythm(new Rhythm(20, 1, 2));

    assertThatThrownBy(
            () ->
                new Trainer<>(model, new CharacterText(31, 7), other, TrainingListener.NONE, stop)
                    .resume(directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(directory.resolve("last") + " cannot be resumed with other settings")
        .hasMessageContaining("clip was 1.0 and is 3.0")
        .hasMessageContaining("seed was 42 and is 43")
        .hasMessageContaining("learning rate was 0.001 and is 0.002")
        .hasMessageContaining("data was first addresses, batches of 32 and is")
        .message()
        .doesNotContain("parameter", "beta1");
  }

  @Test
  void what_does_not_change_the_course_may_differ() {
    train(model, settings());

    TrainingResult result =
        new Trainer<>(
                model,
                text,
                settings().withRhythm(new Rhythm(7, 3, 2)).withDivergence(5),
                TrainingListener.NONE,
                stop)
            .resume(directory);

    assertThat(result.step()).isEqualTo(STEPS);
  }

  @Test
  void a_constant_rate_allows_more_steps() {
    TrainSettings constant = settings().withRate(LearningRate.constant(1e-3));
    train(model, constant);
    TrainSettings longer =
        new TrainSettings(
            STEPS + 3, 1, 42, constant.rate(), constant.optimizer(), 1, 2, constant.rhythm());

    TrainingResult result =
        new Trainer<>(model, text, longer, TrainingListener.NONE, stop).resume(directory);

    assertThat(result.step()).isEqualTo(STEPS + 3);
  }

  @Test
  void the_best_checkpoint_is_that_of_the_lowest_validation_loss() {
    // Far too fast at the end: the last evaluation is not the best one.
    double[] losses = {4, 2, 3, 5};
    int[] call = {0};
    Trainable<CharacterBatch> judged =
        new Flawed(Integer.MAX_VALUE, right -> right) {
          @Override
          public LossSum evaluate(CharacterBatch batch) {
            int evaluation = call[0]++ / text.validation().size();
            return new LossSum(losses[evaluation], 1);
          }
        };

    TrainingResult result = train(judged, settings());

    assertThat(result.best()).isEqualTo(2);
    assertThat(result.bestStep()).isEqualTo(20);
    assertThat(TrainerFile.read(result.bestCheckpoint()).state().step()).isEqualTo(20);
    assertThat(TrainerFile.read(result.lastCheckpoint()).state().best()).isEqualTo(2);
  }

  @Test
  void an_interrupted_thread_stops_at_a_boundary_saves_and_stays_interrupted() {
    TrainingListener interrupting =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            if (report.step() == 13) {
              Thread.currentThread().interrupt();
            }
          }
        };

    TrainingResult result =
        new Trainer<>(model, text, settings(), interrupting, stop).begin(directory);
    boolean interrupted = Thread.interrupted();

    assertThat(interrupted).isTrue();
    assertThat(result.stopped()).isEqualTo("interrupted");
    assertThat(TrainerFile.read(result.lastCheckpoint()).state().step()).isEqualTo(13);
  }

  @Test
  void a_thread_that_is_interrupted_already_resumes_a_run_and_saves_it_as_it_was() {
    train(model, settings().withRhythm(new Rhythm(10, 0, 1)));
    Thread.currentThread().interrupt();

    TrainingResult result =
        new Trainer<>(model, text, settings(), TrainingListener.NONE, new StopRequest())
            .resume(directory);
    boolean interrupted = Thread.interrupted();

    assertThat(interrupted).isTrue();
    assertThat(result.step()).isEqualTo(STEPS);
    assertThat(TrainLog.read(directory.resolve("log.jsonl")).training()).hasSize(STEPS);
  }

  @Test
  void a_model_that_gives_up_when_interrupted_leaves_the_step_before_it() {
    Flawed flawed =
        new Flawed(
            14,
            right -> {
              Thread.currentThread().interrupt();
              throw new SaccadeException("the computation was interrupted");
            });

    TrainingResult result = train(flawed, settings());
    boolean interrupted = Thread.interrupted();

    assertThat(interrupted).isTrue();
    assertThat(TrainerFile.read(result.lastCheckpoint()).state().step()).isEqualTo(13);
  }

  @Test
  void an_evaluation_that_was_due_when_the_run_stopped_is_made_when_it_goes_on() {
    TrainingListener stopping =
        new TrainingListener() {
          @Override
          public void stepped(StepReport report) {
            stop.stop("enough");
          }
        };
    TrainSettings settings = settings().withRhythm(new Rhythm(1, 0, 1));
    new Trainer<>(model, text, settings, stopping, stop).begin(directory);
    assertThat(directory.resolve("best")).doesNotExist();
    Ear ear = new Ear();

    new Trainer<>(model, text, settings, ear, new StopRequest()).resume(directory);

    assertThat(ear.evaluations).hasSize(STEPS);
    assertThat(ear.evaluations.get(0).step()).isEqualTo(1);
  }

  @Test
  void what_the_model_adds_to_checkpoints_is_part_of_them_or_they_are_not_written() {
    Trainable<CharacterBatch> describing =
        new Flawed(Integer.MAX_VALUE, right -> right) {
          @Override
          public void describe(Path checkpoint) throws IOException {
            if (TrainerTest.this.directory.resolve("last/config.json").toFile().exists()) {
              throw new IOException("disk full");
            }
            Files.writeString(checkpoint.resolve("config.json"), "{}");
          }
        };
    TrainSettings settings = settings().withRhythm(new Rhythm(0, 10, 1));

    assertThatThrownBy(() -> train(describing, settings))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("disk full");

    assertThat(directory.resolve("last/config.json")).exists();
    assertThat(TrainerFile.read(directory.resolve("last")).state().step()).isEqualTo(10);
  }

  @Test
  void what_cannot_be_trained_is_refused() {
    assertThatThrownBy(
            () ->
                new Trainer<>(model, text, settings(), TrainingListener.NONE, stop)
                    .resume(directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("holds no run to resume");
    TrainSettings misspelt =
        settings().withOptimizer(AdamWSettings.defaults().withRateFactor("nwe", 3));
    assertThatThrownBy(() -> train(model, misspelt))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining("group nwe")
        .hasMessageContaining("[new, pretrained]");
  }

  @Test
  void another_environment_is_noted_and_not_refused() throws Exception {
    train(model, settings());
    Path file = directory.resolve("last").resolve(TrainerFile.NAME);
    Files.writeString(
        file, Files.readString(file).replaceAll("\"threads\" : \"\\d+\"", "\"threads\" : \"97\""));
    Ear ear = new Ear();

    new Trainer<>(model, text, settings(), ear, stop).resume(directory);

    assertThat(ear.notes).hasSize(1);
    assertThat(ear.notes.get(0))
        .startsWith(
            "resumed in another environment, where the last bits may differ: threads was 97");
  }

  @Test
  void a_damaged_checkpoint_is_refused_with_its_file() throws Exception {
    train(model, settings());
    Path file = directory.resolve("last").resolve(Checkpoint.OPTIMIZER);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 4));

    assertThatThrownBy(
            () ->
                new Trainer<>(model, text, settings(), TrainingListener.NONE, stop)
                    .resume(directory))
        .isInstanceOf(SaccadeException.class)
        .hasMessageContaining(file.toString());
  }
}
