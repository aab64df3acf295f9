package dev.saccade.runtime.host;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Where a {@link PluginHost} looks for plugins and how patient it is.
 *
 * @param directories the directories whose jars are plugins
 * @param poll the time between two looks at the directories; a new file is taken up when it looks
 *     the same twice, so that one still being copied is left alone
 * @param patience how long a plugin that is to leave waits for calls in flight
 * @param listener told of every event, on a thread of the host; it must not close the host
 */
public record HostSettings(
    List<Path> directories, Duration poll, Duration patience, Consumer<PluginEvent> listener) {

  public HostSettings {
    if (poll.isNegative() || poll.isZero()) {
      throw new SaccadeException("the time between two looks must be positive but is " + poll);
    }
    if (patience.isNegative()) {
      throw new SaccadeException("the patience must not be negative but is " + patience);
    }
    directories = directories.stream().map(HostSettings::usable).distinct().toList();
  }

  /** Looks every second, waits half a minute for calls in flight, tells nobody. */
  public static HostSettings watching(Path... directories) {
    return new HostSettings(
        List.of(directories), Duration.ofSeconds(1), Duration.ofSeconds(30), event -> {});
  }

  public HostSettings withPoll(Duration poll) {
    return new HostSettings(directories, poll, patience, listener);
  }

  public HostSettings withPatience(Duration patience) {
    return new HostSettings(directories, poll, patience, listener);
  }

  public HostSettings withListener(Consumer<PluginEvent> listener) {
    return new HostSettings(directories, poll, patience, listener);
  }

  private static Path usable(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new SaccadeException(
          Files.exists(directory)
              ? "a plugin directory must be a directory but is a file: " + directory
              : "the plugin directory does not exist; create it: " + directory);
    }
    Path real = real(directory);
    // File Install takes its directories as one text, separated by commas, with ${variables}.
    if (real.toString().contains(",") || real.toString().contains("${")) {
      throw new SaccadeException(
          "the path of a plugin directory must hold neither a comma nor \"${\": " + real);
    }
    return real;
  }

  private static Path real(Path directory) {
    try {
      return directory.toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
