package dev.saccade.it;

import dev.saccade.runtime.Saccade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/** The built distribution, which the tests use as users do. */
final class Distribution {

  private Distribution() {}

  /** Its folder, with {@code bin/}, {@code lib/}, {@code plugins/} and {@code models/}. */
  static Path home() {
    Path home = directory("saccade.home");
    if (!Files.isDirectory(home.resolve("plugins"))) {
      throw new IllegalStateException("the distribution is not built: " + home);
    }
    return home;
  }

  /** The root of the checkout. */
  static Path root() {
    return directory("saccade.root");
  }

  /**
   * A distribution of one's own, to install plugins into: its {@code lib/} and {@code models/} are
   * links.
   */
  static Path copy(Path target) throws IOException {
    Path home = home();
    for (String folder : List.of("bin", "plugins")) {
      Files.createDirectories(target.resolve(folder));
      try (Stream<Path> files = Files.list(home.resolve(folder))) {
        for (Path file : files.toList()) {
          Files.copy(
              file,
              target.resolve(folder).resolve(file.getFileName()),
              StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
    for (String folder : List.of("lib", "models")) {
      Files.createSymbolicLink(target.resolve(folder), home.resolve(folder));
    }
    return target;
  }

  /** The embedding API on the distribution's plugins and models. */
  static Saccade open(Path... morePlugins) {
    return Saccade.open(home(), morePlugins);
  }

  private static Path directory(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException("run by Maven, or set -D%s=DIR".formatted(property));
    }
    return Path.of(value).toAbsolutePath().normalize();
  }
}
