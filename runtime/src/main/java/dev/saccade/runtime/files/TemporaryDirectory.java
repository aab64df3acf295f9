package dev.saccade.runtime.files;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** A directory that is gone when closed or, at the latest, when the JVM ends in good order. */
public final class TemporaryDirectory implements AutoCloseable {

  private static final Set<Path> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> OPEN.forEach(TemporaryDirectory::delete), "delete-temporary-directories"));
  }

  private final Path path;

  /**
   * @param prefix of its name, such as {@code "saccade-plugins-"}
   */
  public TemporaryDirectory(String prefix) {
    try {
      // The process is named, so that what a killed one left behind can be told from the living.
      path = Files.createTempDirectory(prefix + ProcessHandle.current().pid() + "-").toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    OPEN.add(path);
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** Deletes it with all that is in it; a second call does nothing. */
  @Override
  public void close() {
    if (OPEN.remove(path)) {
      delete(path);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      // A native library that the JVM still holds cannot be deleted on Windows; the rest can.
      all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
