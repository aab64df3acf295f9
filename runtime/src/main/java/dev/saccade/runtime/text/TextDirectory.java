package dev.saccade.runtime.text;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The text files below a directory, in the order of their paths whatever the file system's is. */
final class TextDirectory {

  private TextDirectory() {}

  /** Returns all files except hidden ones and those in hidden directories. */
  static List<Path> files(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .filter(file -> isVisible(directory.relativize(file)))
          .sorted(Comparator.comparing(file -> slashed(directory.relativize(file))))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private static boolean isVisible(Path relative) {
    return StreamSupport.stream(relative.spliterator(), false)
        .noneMatch(name -> name.toString().startsWith("."));
  }

  private static String slashed(Path relative) {
    return String.join(
        "/", StreamSupport.stream(relative.spliterator(), false).map(Path::toString).toList());
  }
}
