package dev.saccade.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The suite in a process of its own, as users start it, but that the driver it finds computes on
 * the CPU: {@code plugins/sea/src/test/cpp}.
 */
final class SuiteProcess {

  private static final Path SEA = Path.of("../../plugins/sea");
  private static final Path CEILINGS = Path.of("src/main/cuda/ceilings.cu");
  private static final int MOST_MINUTES = 5;
  private static final int SEED = 7;

  private static @Nullable Path driver;

  private final List<String> command;
  private final Map<String, String> environment = new LinkedHashMap<>();

  private SuiteProcess(List<String> command) {
    this.command = command;
    environment.put("PATH", ""); // no PyTorch, no memory checkers
    environment.put("LD_LIBRARY_PATH", "");
    environment.put("FAKE_CUDA_CAPABILITY", "80");
  }

  /** Of a class with a main method. */
  static SuiteProcess of(Class<?> main) {
    return new SuiteProcess(
        List.of(
            java(),
            "-Djava.library.path=" + Path.of(System.getProperty("natives")).toAbsolutePath(),
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
  }

  static SuiteProcess of(Path program) {
    return new SuiteProcess(List.of(program.toString()));
  }

  private static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** What it ended with, and what it said. */
  record Ended(int exit, String said) {}

  SuiteProcess with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  SuiteProcess onFakeDriver() throws IOException, InterruptedException {
    return with("LD_LIBRARY_PATH", driver().resolveSibling("").toString());
  }

  /** Runs it on the same random numbers every time. */
  Ended run(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    all.add("--seed=" + SEED);
    return run(all, environment, new File("."));
  }

  /** Whether there is a compiler for the driver. */
  static boolean isPossible() {
    return System.getProperty("os.name").equals("Linux")
        && System.getProperty("os.arch").equals("amd64")
        && Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "g++")));
  }

  private static synchronized Path driver() throws IOException, InterruptedException {
    if (driver == null) {
      Ended built =
          run(
              List.of(
                  java(),
                  "-cp",
                  "target/test-classes",
                  "dev.saccade.plugins.sea.cuda.CpuCompiler",
                  CEILINGS.toAbsolutePath().toString()),
              Map.of(),
              SEA.toFile());
      assertThat(built.exit()).as(built.said()).isZero();
      driver = Path.of(built.said().strip());
    }
    return driver;
  }

  private static Ended run(List<String> command, Map<String, String> environment, File folder)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("suite", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    boolean ended = process.waitFor(MOST_MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly().waitFor();
    String said = Files.readString(output, StandardCharsets.UTF_8);
    Files.delete(output);
    assertThat(ended).as(said).isTrue();
    return new Ended(process.exitValue(), said);
  }
}
