package dev.saccade.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the distribution's launcher as a shell would, in a process of its own. */
final class Cli {

  /** A comparison that takes a second or two. */
  static final List<String> QUICK =
      List.of(
          "--passages=1", "--length=16", "--layer-length=32", "--repetitions=1", "--patience=0.1");

  /** What Java itself says of a module that commands need which compute. */
  private static final String INCUBATING =
      "WARNING: Using incubator modules: jdk.incubator.vector\n";

  private static final long PATIENCE_SECONDS = 240;

  private final Path launcher;
  private final Path directory;
  private final Map<String, String> environment = new LinkedHashMap<>();

  /**
   * @param home the folder of the distribution
   * @param directory where it runs, and where what it prints is kept
   */
  Cli(Path home, Path directory) {
    this.launcher = home.resolve("bin/saccade");
    this.directory = directory;
  }

  /** The built distribution. */
  static Cli in(Path directory) {
    // Not compiling to the utmost is what makes a short process fast.
    return new Cli(Distribution.home(), directory)
        .with("SACCADE_JAVA_OPTS", "-XX:TieredStopAtLevel=1");
  }

  Cli with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /** What a process said and how it ended. */
  record Result(List<String> command, int exit, String out, String err) {

    /** It did what was asked for. */
    Result succeeds() {
      assertThat(exit).as("exit code of %s, which said: %s", command, err).isZero();
      return this;
    }

    /** One line on standard error says what is wrong, and nothing else is printed. */
    Result isRefused(int code, String... words) {
      assertThat(err.lines()).as("standard error of %s", command).hasSize(1);
      assertThat(err).startsWith("saccade: ").contains(words).doesNotContain("\tat ");
      assertThat(out).as("standard output of %s", command).isEmpty();
      assertThat(exit).as("exit code of %s, which said: %s", command, err).isEqualTo(code);
      return this;
    }
  }

  /** Runs {@code saccade} with arguments. */
  Result run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.addAll(List.of(arguments));
    return execute(command);
  }

  /** Starts {@code saccade} with arguments; nobody reads what it prints. */
  Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(launcher.toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Runs {@code saccade compare} on little, with more arguments. */
  Result compare(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>();
    all.add("compare");
    all.addAll(QUICK);
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new));
  }

  /** Runs a shell script in which {@code $SACCADE} is the launcher. */
  Result shell(String script) throws IOException, InterruptedException {
    environment.put("SACCADE", launcher.toString());
    return execute(List.of("sh", "-c", script));
  }

  Result execute(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(directory, "out", ".txt");
    Path err = Files.createTempFile(directory, "err", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().remove("NO_COLOR");
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      throw new IOException(
          "%s was not done after %d s: %s".formatted(command, PATIENCE_SECONDS, read(err)));
    }
    return new Result(command, process.exitValue(), read(out), read(err).replace(INCUBATING, ""));
  }

  private static String read(Path file) throws IOException {
    String text = Files.readString(file);
    Files.delete(file);
    return text;
  }
}
