package dev.saccade.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.saccade.runtime.train.CharacterBatch;
import dev.saccade.runtime.train.CharacterModel;
import dev.saccade.runtime.train.CharacterText;
import dev.saccade.runtime.train.LearningRate;
import dev.saccade.runtime.train.Rhythm;
import dev.saccade.runtime.train.StopRequest;
import dev.saccade.runtime.train.TrainSettings;
import dev.saccade.runtime.train.Trainable;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

class TrainOptionsTest {

  @TempDir Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final TrainCharacters command = new TrainCharacters();

  /** Trains the character model as a command of {@code saccade} would. */
  @Command(name = "train-characters")
  private static final class TrainCharacters implements Callable<Integer> {

    @Spec private CommandSpec spec;
    @Mixin private TrainOptions options;
    private boolean interrupted;

    @Override
    public Integer call() {
      try (CharacterModel model = new CharacterModel(options.seed())) {
        Trainable<CharacterBatch> trained = model;
        CharacterText text = new CharacterText(32, options.seed());
        if (interrupted) {
          interrupted = false;
          Thread.currentThread().interrupt();
        }
        return TrainingSession.run(spec, options, trained, text);
      }
    }
  }

  private int run(String... arguments) {
    PrintWriter toOut = new PrintWriter(out, true);
    PrintWriter toErr = new PrintWriter(err, true);
    CommandLine saccade = SaccadeCli.commandLine(toOut, toErr).addSubcommand(command);
    // What is set reaches only the subcommands that are there.
    saccade.setOut(toOut).setErr(toErr).setCaseInsensitiveEnumValuesAllowed(true);
    String[] all = new String[arguments.length + 1];
    all[0] = "train-characters";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return saccade.execute(all);
  }

  private String place() {
    return directory.resolve("run").toString();
  }

  @Test
  void trains_tells_how_far_it_is_and_what_came_of_it() {
    int code = run("--out", place(), "--steps", "20");

    assertThat(code).isZero();
    assertThat(err.toString()).contains("[ 50 %] loss ").contains("tokens/s");
    assertThat(out.toString())
        .startsWith("lowest validation loss ")
        .contains("done, 20 steps: " + directory.resolve("run").resolve("last"));
  }

  @Test
  void a_stopped_run_says_how_to_go_on() {
    command.interrupted = true;

    int code = run("--out", place(), "--steps", "20");
    boolean interrupted = Thread.interrupted();

    assertThat(interrupted).isTrue();
    assertThat(code).isEqualTo(StopRequest.EXIT_CODE);
    assertThat(out.toString())
        .contains("stopped after step 0 of 20 (interrupted)")
        .contains("go on with: saccade train-characters --out " + place() + " --steps 20 --resume");
    assertThat(run("--out", place(), "--steps", "20", "--resume")).isZero();
    assertThat(out.toString()).contains("done, 20 steps");
  }

  @Test
  void without_resume_a_run_is_not_overwritten() {
    run("--out", place(), "--steps", "3");

    int code = run("--out", place(), "--steps", "3");

    assertThat(code).isEqualTo(SaccadeCli.REFUSED);
    assertThat(err.toString()).contains("already holds a run, of 3 steps; resume it or choose");
  }

  @Test
  void defaults_follow_the_number_of_steps() {
    parse("--out", place(), "--steps", "400");

    TrainSettings settings = command.options.settings();

    assertThat(settings).isEqualTo(TrainSettings.defaults(400, 1e-3));
    assertThat(settings.rhythm()).isEqualTo(new Rhythm(20, 20, 1));
  }

  @Test
  void every_option_arrives() {
    parse(
        ("--out run --steps 7 --accumulate 3 --learning-rate 0.5 --new-rate 2 --schedule linear"
                + " --warmup 5 --floor 0.25 --weight-decay 0.125 --beta1 0.5 --beta2 0.75"
                + " --epsilon 1e-3 --clip 11 --divergence 13 --seed 17 --evaluate-every 19"
                + " --save-every 23 --log-every 29 --resume")
            .split(" ", -1));

    TrainSettings settings = command.options.settings();

    assertThat(settings.steps()).isEqualTo(7);
    assertThat(settings.accumulation()).isEqualTo(3);
    assertThat(settings.seed()).isEqualTo(17);
    assertThat(settings.rate())
        .isEqualTo(new LearningRate(0.5, LearningRate.Shape.LINEAR, 5, 0.25));
    assertThat(settings.optimizer().toString())
        .contains("beta1=0.5, beta2=0.75, epsilon=0.001, weightDecay=0.125, rateFactors={new=2.0}");
    assertThat(settings.clip()).isEqualTo(11);
    assertThat(settings.divergence()).isEqualTo(13);
    assertThat(settings.rhythm()).isEqualTo(new Rhythm(19, 23, 29));
    assertThat(command.options.resume()).isTrue();
  }

  private void parse(String... arguments) {
    CommandLine line = new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --steps=0          | 1 | steps must be at least 1 but is 0
          --learning-rate=-1 | 1 | learning rate must be above 0 but is -1.0
          --floor=2          | 1 | floor must be a fraction of the learning rate, within 0 … 1, but is 2.0
          --schedule=exp     | 2 | --schedule
          --beta2=1          | 1 | beta2 must be from 0 to below 1 but is 1.0
          """)
  void what_makes_no_sense_is_refused_in_a_line(String option, int code, String message) {
    int actual = run("--out", place(), option);

    assertThat(actual).isEqualTo(code);
    assertThat(err.toString()).startsWith("saccade: ").contains(message).hasLineCount(1);
  }
}
