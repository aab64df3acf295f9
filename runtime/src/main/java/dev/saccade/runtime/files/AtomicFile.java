package dev.saccade.runtime.files;

import static java.util.Objects.requireNonNull;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * Writes a file under a temporary name in the same directory and moves it into place when it is
 * whole, so that a reader sees the old file or the new one and a full disk leaves no half file.
 */
public final class AtomicFile {

  /** Produces the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  private AtomicFile() {}

  /**
   * Writes {@code target}, creating its directory when needed.
   *
   * @throws IOException when it cannot be written; the temporary file is gone and an older {@code
   *     target} is untouched
   */
  public static void write(Path target, Content content) throws IOException {
    // A file always has a directory: only the root has none.
    Path directory = requireNonNull(target.toAbsolutePath().getParent());
    Files.createDirectories(directory);
    // Not createTempFile, which would leave the target readable by its owner only.
    Path temporary = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID());
    try {
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(temporary))) {
        content.writeTo(out);
      }
      move(temporary, target);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static void move(Path from, Path to) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
    }
  }
}
