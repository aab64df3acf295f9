package dev.saccade.runtime.cli;

import dev.saccade.runtime.Saccade;
import dev.saccade.runtime.SaccadeException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Where plugins and models are, for every command that needs them. */
final class PluginOptions {

  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      description = "Also load plugins from this directory; may be given several times.")
  private List<Path> directories = new ArrayList<>();

  /** Opens the distribution that this runs from. */
  Saccade open() {
    return Saccade.open(home(), directories.toArray(new Path[0]));
  }

  /** Where plugins are installed to: the directory given last, else the distribution's own. */
  Path installDirectory() {
    return directories.isEmpty()
        ? home().resolve("plugins")
        : directories.get(directories.size() - 1);
  }

  /** The folder of the distribution. */
  static Path home() {
    String home = System.getProperty(Saccade.HOME);
    if (home == null) {
      throw new SaccadeException(
          "the folder of the distribution is not known; start Saccade by its launcher, or with -D%s=DIR"
              .formatted(Saccade.HOME));
    }
    return Path.of(home);
  }
}
