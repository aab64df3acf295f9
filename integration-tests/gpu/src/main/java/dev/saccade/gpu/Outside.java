package dev.saccade.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What a program outside of this one said.
 *
 * @param exit its status; {@link #STOPPED} if it took too long
 * @param said its output and errors
 */
record Outside(int exit, String said) {

  static final int STOPPED = -1;

  static boolean isThere(String program) {
    String path = System.getenv("PATH");
    return path != null
        && Stream.of(path.split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  /** Runs it to its end, or for so many seconds. */
  static Outside run(List<String> command, long seconds) {
    try {
      Path output = Files.createTempFile("outside", ".txt");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
        if (!ended) {
          process.descendants().forEach(ProcessHandle::destroyForcibly);
          process.destroyForcibly().waitFor();
        }
        String said = Files.readString(output, StandardCharsets.ISO_8859_1); // takes any byte
        return new Outside(ended ? process.exitValue() : STOPPED, said);
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted during " + command, e);
    }
  }

  /** The last line that says anything. */
  String lastLine() {
    return said.lines().filter(line -> !line.isBlank()).reduce("", (a, b) -> b).strip();
  }
}
