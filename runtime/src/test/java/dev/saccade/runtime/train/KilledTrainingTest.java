package dev.saccade.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.saccade.runtime.train.TrainLog.Losses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training in processes of their own, which die in the middle. */
class KilledTrainingTest {

  private static final int PAUSE_MILLIS = 20;
  private static final int KILLS = 4;
  private static final long PATIENCE_SECONDS = 120;

  @TempDir Path directory;

  private Process train(Path run, int pauseMillis) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "--add-modules",
            "jdk.incubator.vector",
            "-Dorg.nd4j.log.initialization=false",
            "-cp",
            System.getProperty("java.class.path"),
            TrainingChild.class.getName(),
            run.toString(),
            String.valueOf(pauseMillis))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("output").toFile())
        .start();
  }

  private int exitOf(Process process) throws Exception {
    assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).as("ended").isTrue();
    return process.exitValue();
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  /** Waits until the log of a run has so many lines, or the process has ended. */
  private static void awaitLines(Process process, Path run, long lines) throws Exception {
    while (process.isAlive() && lines(run) < lines) {
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
    assertThat(exitOf(train(whole, 0))).as(output()).isZero();

    int deaths = 0;
    for (int i = 0; i < KILLS; i++) {
      Process process = train(killed, PAUSE_MILLIS);
      awaitLines(process, killed, Math.max(3, lines(killed) + 1));
      Thread.sleep(random.nextInt(5 * PAUSE_MILLIS));
      deaths += process.isAlive() ? 1 : 0;
      process.destroyForcibly();
      exitOf(process);
    }
    assertThat(exitOf(train(killed, 0))).as(output()).isZero();

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
    Process process = train(run, PAUSE_MILLIS);
    awaitLines(process, run, 7);

    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();

    assertThat(exitOf(process)).as(output()).isEqualTo(exit);
    long step = TrainerFile.read(run.resolve("last")).state().step();
    assertThat(output()).contains("ended at step " + step + ", stopped: interrupted");
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
