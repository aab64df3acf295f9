package dev.saccade.runtime.report;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.UUID;

/**
 * Writes a report into a directory as {@code report.json}, for programs, and {@code report.html},
 * for people.
 *
 * <p>Both are replaced together: when the second does not fit on the disk, the first stays as it
 * was, so that the two never speak of different runs.
 */
public final class ReportWriter {

  public static final String JSON = "report.json";
  public static final String HTML = "report.html";

  private final Path directory;

  public ReportWriter(Path directory) {
    this.directory = directory;
  }

  /** Returns where the page is or will be. */
  public Path html() {
    return directory.resolve(HTML);
  }

  /** Returns where the data are or will be. */
  public Path json() {
    return directory.resolve(JSON);
  }

  /**
   * Makes the directory and tries to write to it, before minutes are spent on what could not be
   * kept.
   *
   * @throws SaccadeException if a report could not be written there
   */
  public void checkWritable() {
    for (Path file : new Path[] {json(), html()}) {
      if (Files.isDirectory(file)) {
        throw new SaccadeException(
            "cannot write the report %s: there is a directory of that name; choose another directory"
                .formatted(file));
      }
    }
    Path trial = directory.resolve(".saccade-" + UUID.randomUUID());
    try {
      Files.createDirectories(directory);
      Files.writeString(trial, "trial");
      Files.delete(trial);
    } catch (IOException | ReadOnlyFileSystemException e) {
      throw new SaccadeException(
          "cannot write a report to the directory %s: %s; choose another directory"
              .formatted(directory, reason(e)),
          e);
    }
  }

  /**
   * Writes both files.
   *
   * @throws SaccadeException if they cannot be written; older ones are then untouched
   */
  public void write(Report report) {
    byte[] page = ReportPage.render(report).getBytes(StandardCharsets.UTF_8);
    try {
      AtomicFile.write(
          html(),
          out -> {
            out.write(page);
            out.flush();
            // The page is on the disk but not yet in place. If this fails, it will not get there.
            AtomicFile.write(json(), data -> ReportJson.write(report, data));
          });
    } catch (IOException | ReadOnlyFileSystemException e) {
      throw new SaccadeException(
          ("cannot write the report to %s and %s: %s; the results are printed above, an older report is"
                  + " untouched; free some space or choose another directory")
              .formatted(json(), HTML, reason(e)),
          e);
    }
  }

  /** Says in words what some exceptions only say by their class. */
  private static String reason(Exception e) {
    if (e instanceof AccessDeniedException denied) {
      return "permission denied for " + denied.getFile();
    }
    if (e instanceof FileAlreadyExistsException exists) {
      return exists.getFile() + " is a file, not a directory";
    }
    if (e instanceof ReadOnlyFileSystemException) {
      return "the file system is read-only";
    }
    if (e instanceof FileSystemException failure && failure.getReason() != null) {
      return failure.getReason();
    }
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
