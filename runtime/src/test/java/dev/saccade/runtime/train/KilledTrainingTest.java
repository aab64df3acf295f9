package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.saccade.runtime.train.TrainLog.Losses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training in processes of their own, which die in the middle. */
class KilledTrainingTest {

  private static final int PAUSE_MILLIS = 20;
  private static final int KILLS = 3;

  @TempDir Path directory;

  /** Trains slowly, in a JVM that compiles less, starts sooner and must give the same bits. */
  private ChildJvm train(Path run) throws IOException {
    return start(run, PAUSE_MILLIS, "-XX:TieredStopAtLevel=1");
  }

  private void trainToTheEnd(Path run) throws Exception {
    ChildJvm child = start(run, 0, "-XX:+TieredCompilation");
    assertThat(child.exit()).as(child.output()).isZero();
  }

  private ChildJvm start(Path run, int pauseMillis, String option) throws IOException {
    return ChildJvm.start(
        directory.resolve("output"),
        TrainingChild.class,
        List.of("-Xmx512m", option),
        run.toString(),
        String.valueOf(pauseMillis));
  }

  /** Waits until the log of a run has so many lines, or the process has ended. */
  private static void awaitLines(ChildJvm child, Path run, long lines) throws Exception {
    while (child.process().isAlive() && lines(run) < lines) {
      Thread.sleep(1);
    }
  }

  private static long lines(Path run) throws IOException {
    Path log = run.resolve("log.jsonl");
    if (!Files.exists(log)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(log)) {
      return lines.count();
    }
  }

  private static void assertSameRun(Path actual, Path expected) throws IOException {
    for (String checkpoint : List.of("last", "best")) {
      for (String file : List.of("parameters.safetensors", "optimizer.safetensors")) {
        assertThat(Files.mismatch(file(actual, checkpoint, file), file(expected, checkpoint, file)))
            .as("first byte that differs in %s/%s", checkpoint, file)
            .isEqualTo(-1);
      }
      assertThat(TrainerFile.read(actual.resolve(checkpoint)))
          .isEqualTo(TrainerFile.read(expected.resolve(checkpoint)));
    }
    Losses losses = TrainLog.read(actual.resolve("log.jsonl"));
    assertThat(losses).isEqualTo(TrainLog.read(expected.resolve("log.jsonl")));
    assertThat(losses.training()).hasSize(TrainingChild.STEPS);
  }

  private static Path file(Path run, String checkpoint, String file) {
    return run.resolve(checkpoint).resolve(file);
  }

  @Test
  void a_run_that_is_killed_again_and_again_ends_with_the_bits_of_one_that_is_not()
      throws Exception {
    Path whole = directory.resolve("whole");
    Path killed = directory.resolve("killed");
    long seed = System.nanoTime();
    Random random = new Random(seed);
    trainToTheEnd(whole);

    int deaths = 0;
    for (int i = 0; i < KILLS; i++) {
      ChildJvm child = train(killed);
      awaitLines(child, killed, Math.max(3, lines(killed) + 1));
      Thread.sleep(random.nextInt(5 * PAUSE_MILLIS));
      deaths += child.process().isAlive() ? 1 : 0;
      child.process().destroyForcibly();
      child.exit();
    }
    trainToTheEnd(killed);

    assertThat(deaths).as("killed while training, seed %d", seed).isGreaterThan(1);
    assertSameRun(killed, whole);
  }

  @ParameterizedTest
  @CsvSource({"INT, 130, 2", "TERM, 143, 15"})
  void a_signal_ends_the_step_saves_it_and_the_process(String signal, int exit, int number)
      throws Exception {
    // Shells have what they start in the background ignore Ctrl-C, and Java then does, too.
    assumeThat(signal.equals("INT") && ignored(number)).isFalse();
    Path run = directory.resolve("run");
    ChildJvm child = train(run);
    awaitLines(child, run, 7);

    new ProcessBuilder("kill", "-" + signal, String.valueOf(child.process().pid()))
        .start()
        .waitFor();

    assertThat(child.exit()).as(child.output()).isEqualTo(exit);
    long step = TrainerFile.read(run.resolve("last")).state().step();
    assertThat(child.output()).contains("ended at step " + step + ", stopped: interrupted");
    assertThat(TrainLog.read(run.resolve("log.jsonl")).training()).hasSize((int) step);
    assertThat(step).isBetween(5L, TrainingChild.STEPS - 1L);
  }

  private static boolean ignored(int signal) throws IOException {
    try (Stream<String> status = Files.lines(Path.of("/proc/self/status"))) {
      return status
          .filter(line -> line.startsWith("SigIgn:"))
          .map(line -> Long.parseUnsignedLong(line.substring(line.indexOf(':') + 1).strip(), 16))
          .anyMatch(mask -> (mask >> (signal - 1) & 1) == 1);
    }
  }
}
