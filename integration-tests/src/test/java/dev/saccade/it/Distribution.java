package dev.saccade.it;

import dev.saccade.runtime.Saccade;
import java.nio.file.Files;
import java.nio.file.Path;

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
