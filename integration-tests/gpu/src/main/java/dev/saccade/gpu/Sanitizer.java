package dev.saccade.gpu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs this suite at its smallest under the memory checkers of CUDA's toolkit, if they are there.
 */
final class Sanitizer {

  static final String SECTION = "sanitizer";

  private static final String PROGRAM = "compute-sanitizer";
  private static final List<String> TOOLS = List.of("memcheck", "racecheck", "synccheck");
  private static final int ERRORS = 86; // what it is to exit with
  private static final long MOST_SECONDS = 240; // of one tool
  private static final Pattern SUMMARY =
      Pattern.compile("(?:ERROR|RACECHECK) SUMMARY: (\\d+) (?:errors?|hazards?)");

  private Sanitizer() {}

  /** Returns whether none of them found anything. */
  static boolean run(
      long seed, Path folder, Results results, Deadline deadline, Consumer<String> tell) {
    boolean clean = true;
    for (String tool : TOOLS) {
      if (!results.has(SECTION, tool) && !deadline.passed()) {
        ObjectNode entry = ranBy(tool, seed, folder, deadline);
        results.put(SECTION, tool, entry);
        tell.accept("%-9s %s".formatted(tool, entry.path("outcome").asText()));
      }
      clean &= !results.section(SECTION).path(tool).path("errors").asBoolean();
    }
    return clean;
  }

  private static ObjectNode ranBy(String tool, long seed, Path folder, Deadline deadline) {
    ObjectNode entry = Results.entry();
    if (!Outside.isThere(PROGRAM)) {
      entry.put("outcome", PROGRAM + " was not there");
      return entry;
    }
    Path scratch = folder.resolve("under-" + tool);
    List<String> command = new ArrayList<>(List.of(PROGRAM, "--tool", tool));
    command.addAll(List.of("--error-exitcode", Integer.toString(ERRORS)));
    command.addAll(self(seed, scratch));
    Outside ran = Outside.run(command, Math.min(MOST_SECONDS, deadline.seconds()));
    delete(scratch);
    Matcher summary = SUMMARY.matcher(ran.said());
    long found = 0;
    boolean summed = false;
    while (summary.find()) {
      summed = true;
      found += Long.parseLong(summary.group(1));
    }
    boolean unable = !summed || ran.said().contains("Device not supported");
    entry.put("exit", ran.exit());
    if (ran.exit() == Outside.STOPPED) {
      entry.put("outcome", "was stopped when time was up");
    } else if (unable) {
      entry.put("outcome", "could not run: " + ran.lastLine());
    } else {
      entry.put("errors", found > 0 || ran.exit() == ERRORS);
      entry.put("outcome", found + " found");
    }
    if (entry.path("errors").asBoolean() || unable) {
      entry.put("said", ran.said().substring(Math.max(0, ran.said().length() - 4000)));
    }
    return entry;
  }

  /** This program as it was started, but smaller. */
  private static List<String> self(long seed, Path folder) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.library.path=" + System.getProperty("java.library.path"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(GpuSuite.class.getName());
    command.addAll(List.of("--tiny", "--only", "correctness", "--seed", Long.toString(seed)));
    command.addAll(List.of("--out", folder.toString()));
    return command;
  }

  private static void delete(Path folder) {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
