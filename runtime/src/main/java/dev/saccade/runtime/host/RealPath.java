package dev.saccade.runtime.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** The one path that an existing file has once links are followed, by which files are compared. */
final class RealPath {

  private RealPath() {}

  static Path of(Path existing) {
    try {
      return existing.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
