package dev.saccade.runtime.host;

import dev.saccade.runtime.SaccadeException;
import dev.saccade.runtime.files.AtomicFile;
import dev.saccade.runtime.files.TemporaryDirectory;
import dev.saccade.runtime.mechanism.MechanismRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The directory whose jars are plugins, for those who add and remove them.
 *
 * <p>It needs no {@link PluginHost}: hosts that watch the directory, in this JVM or another, take
 * up the change. A plugin is tried out before it is let in, beside those that are there, in a host
 * of its own that ends with the trial. One file a symbolic name: {@link #install} replaces.
 */
public final class PluginDirectory {

  private final Path directory;

  /** A directory that {@link #install} creates when needed. */
  public PluginDirectory(Path directory) {
    this.directory = directory;
  }

  /** The jars that are bundles, by file name. */
  public List<PluginFile> plugins() {
    return files().stream().map(PluginFile::tryRead).flatMap(Optional::stream).toList();
  }

  /**
   * Copies a plugin into the directory, in place of any other version of it.
   *
   * @return how it did in the trial, with its file in this directory as the source
   * @throws SaccadeException if it is no plugin, or fails in the trial
   */
  public PluginStatus install(Path jar) {
    if (!Files.isRegularFile(jar)) {
      throw new SaccadeException("there is no file " + jar);
    }
    PluginFile plugin = read(jar);
    PluginStatus trial = tryOut(plugin);
    if (trial.state() == PluginStatus.State.FAILED) {
      throw notInstalled(jar, trial.reason());
    }
    try {
      return trial.at(place(plugin).toString());
    } catch (IOException e) {
      throw new SaccadeException(
          "%s cannot be copied to %s: %s".formatted(jar, directory, OneLine.of(e)), e);
    }
  }

  /**
   * Deletes a plugin's file.
   *
   * @param name its symbolic name, or the name of its file with or without {@code .jar}
   * @return the files deleted
   * @throws SaccadeException if there is none; the message lists those that there are
   */
  public List<Path> remove(String name) {
    List<Path> matching = files().stream().filter(file -> isNamed(file, name)).toList();
    if (matching.isEmpty()) {
      throw new SaccadeException(unknown(name));
    }
    for (Path file : matching) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw new SaccadeException("%s cannot be deleted: %s".formatted(file, OneLine.of(e)), e);
      }
    }
    return matching;
  }

  private static PluginFile read(Path jar) {
    try {
      return PluginFile.read(jar);
    } catch (SaccadeException e) {
      throw notInstalled(jar, String.valueOf(e.getMessage()));
    }
  }

  private static SaccadeException notInstalled(Path jar, String reason) {
    return new SaccadeException("%s cannot be installed: %s".formatted(jar, reason));
  }

  private PluginStatus tryOut(PluginFile plugin) {
    try (TemporaryDirectory trial = new TemporaryDirectory("saccade-trial-")) {
      for (PluginFile other : plugins()) {
        if (!other.symbolicName().equals(plugin.symbolicName())) {
          Files.copy(other.file(), trial.path().resolve(other.file().getFileName()));
        }
      }
      List<PluginStatus> without = live(trial.path());
      Path candidate = trial.path().resolve(fileName(plugin));
      Files.copy(plugin.file(), candidate, StandardCopyOption.REPLACE_EXISTING);
      List<PluginStatus> with = live(trial.path());
      PluginStatus verdict = find(with, candidate.toString()).orElseThrow();
      for (PluginStatus before : without) {
        find(with, before.source()).ifPresent(after -> refuseTheft(plugin, verdict, before, after));
      }
      return verdict;
    } catch (IOException e) {
      throw new SaccadeException(
          "%s cannot be tried out: %s".formatted(plugin.file(), OneLine.of(e)), e);
    }
  }

  /** Of two that bring one mechanism either may come first: the newcomer must not win by luck. */
  private static void refuseTheft(
      PluginFile plugin, PluginStatus newcomer, PluginStatus before, PluginStatus after) {
    for (String mechanism : before.mechanisms()) {
      if (newcomer.mechanisms().contains(mechanism) && !after.mechanisms().contains(mechanism)) {
        throw new SaccadeException(
            "%s %s"
                .formatted(
                    plugin.file(),
                    MechanismAdmission.duplicate(
                        mechanism, plugin.version(), String.valueOf(before.symbolicName()))));
      }
    }
  }

  private static List<PluginStatus> live(Path directory) {
    HostSettings settings =
        HostSettings.watching(directory).withPoll(Duration.ofDays(1)).withPatience(Duration.ZERO);
    try (PluginHost host = PluginHost.open(new MechanismRegistry(), settings)) {
      return host.plugins();
    }
  }

  private static Optional<PluginStatus> find(List<PluginStatus> all, String source) {
    return all.stream().filter(status -> status.source().equals(source)).findFirst();
  }

  private Path place(PluginFile plugin) throws IOException {
    Path target = directory.resolve(fileName(plugin));
    List<Path> others =
        plugins().stream()
            .filter(other -> other.symbolicName().equals(plugin.symbolicName()))
            .map(PluginFile::file)
            .filter(file -> !file.equals(target))
            .toList();
    if (others.isEmpty()) {
      AtomicFile.write(target, out -> Files.copy(plugin.file(), out));
      return target;
    }
    // Two files of one plugin must never be seen together, nor the new one be half there.
    Path hidden = directory.resolve("." + fileName(plugin) + ".new");
    AtomicFile.write(hidden, out -> Files.copy(plugin.file(), out));
    for (Path other : others) {
      Files.delete(other);
    }
    Files.move(hidden, target, StandardCopyOption.REPLACE_EXISTING);
    return target;
  }

  private static String fileName(PluginFile plugin) {
    return plugin.symbolicName() + ".jar";
  }

  private static boolean isNamed(Path file, String name) {
    String fileName = file.getFileName().toString();
    return fileName.equals(name)
        || fileName.equals(name + ".jar")
        || PluginFile.tryRead(file)
            .filter(plugin -> plugin.symbolicName().equals(name))
            .isPresent();
  }

  private String unknown(String name) {
    String there =
        files().stream()
            .map(file -> PluginFile.tryRead(file).map(PluginFile::symbolicName).orElse(shown(file)))
            .collect(Collectors.joining(", "));
    return there.isEmpty()
        ? "no plugin is named \"%s\"; there is none in %s".formatted(name, directory)
        : "no plugin is named \"%s\"; in %s there are: %s".formatted(name, directory, there);
  }

  private static String shown(Path file) {
    return file.getFileName().toString();
  }

  private List<Path> files() {
    try {
      return PluginFile.in(directory);
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be read: %s".formatted(directory, OneLine.of(e)), e);
    }
  }
}
