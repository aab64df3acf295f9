package dev.saccade.runtime.evaluate;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The JSON file of a measurement, for programs. */
public final class ReportFile {

  private ReportFile() {}

  /**
   * Refuses a file that could not be written, before minutes are spent on what it should hold.
   *
   * @param example a name that such a file might have
   * @throws SaccadeException if it is a directory, or lies where nothing can be written
   */
  public static void checkWritable(Path file, String example) {
    if (Files.isDirectory(file)) {
      throw new SaccadeException(
          "%s is a directory; name a file in it, such as %s"
              .formatted(file, file.resolve(example)));
    }
    Path directory = file.toAbsolutePath().normalize().getParent();
    try {
      if (directory != null) {
        Files.createDirectories(directory);
      }
    } catch (IOException e) {
      throw new SaccadeException(
          "the directory of %s cannot be made (%s); choose another file"
              .formatted(file, e.getMessage()),
          e);
    }
    if (directory == null || !Files.isWritable(directory)) {
      throw new SaccadeException("%s may not be written to; choose another file".formatted(file));
    }
  }

  /**
   * Writes a report whose components are the fields of the file.
   *
   * @throws SaccadeException if it cannot be written; an older file is then untouched
   */
  public static void write(Path file, Record report) {
    try {
      byte[] json = new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(report);
      AtomicFile.write(file, out -> out.write(json));
    } catch (IOException e) {
      throw new SaccadeException(
          "cannot write %s: %s; the results are printed above".formatted(file, e.getMessage()), e);
    }
  }
}
