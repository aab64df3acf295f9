package dev.saccade.distribution;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A shell script under test: started with an environment of its own, its output kept in files. */
final class Script {

  private final Path file;
  private final Map<String, String> environment = new HashMap<>();

  Script(Path file) {
    this.file = file;
  }

  /** Writes an executable script. */
  static Path write(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  Script with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Result run(String... arguments) throws IOException, InterruptedException {
    return start(arguments).await();
  }

  Running start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(file.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile("script", ".out");
    Path err = Files.createTempFile("script", ".err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    // What the build itself runs with must not decide what the script does.
    builder
        .environment()
        .keySet()
        .removeAll(List.of("JAVA_HOME", "SACCADE_JAVA_OPTS", "OMP_WAIT_POLICY"));
    builder.environment().putAll(environment);
    return new Running(builder.start(), out, err);
  }

  /** A script that has begun. */
  record Running(Process process, Path out, Path err) {

    Result await() throws IOException, InterruptedException {
      // Nobody types anything more; a script that reads would wait for it.
      process.getOutputStream().close();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("the script did not end: " + Files.readString(err));
      }
      Result result = new Result(process.pid(), process.exitValue(), lines(out), lines(err));
      Files.delete(out);
      Files.delete(err);
      return result;
    }

    private static List<String> lines(Path file) throws IOException {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    }
  }

  /** How a script ended and what it said. */
  record Result(long pid, int status, List<String> out, List<String> err) {}
}
