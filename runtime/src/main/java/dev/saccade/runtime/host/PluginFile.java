package dev.saccade.runtime.host;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Constants;
import org.osgi.framework.Version;

/**
 * A jar that says of itself that it is a bundle.
 *
 * @param file where it is
 * @param symbolicName its name as a bundle, the same for every version
 * @param version its version; 0.0.0 when it names none
 */
public record PluginFile(Path file, String symbolicName, Version version) {

  /**
   * File names that count as plugins; a leading dot marks a file that is still being written. File
   * Install is given the same expression.
   */
  static final String NAMES = "[^.].*\\.jar";

  private static final String HOW_TO =
      "build it with the bnd-maven-plugin, as the plugin guide shows";

  /**
   * Reads what a jar says of itself.
   *
   * @throws SaccadeException if it is no bundle; the message does not name the file
   */
  static PluginFile read(Path file) {
    Attributes headers = headers(file);
    String name = headers.getValue(Constants.BUNDLE_SYMBOLICNAME);
    if (name == null) {
      throw new SaccadeException(
          "is a jar but no OSGi bundle: its manifest has no Bundle-SymbolicName; " + HOW_TO);
    }
    return new PluginFile(
        file, name.split(";", 2)[0].strip(), version(headers.getValue(Constants.BUNDLE_VERSION)));
  }

  /**
   * The files of a directory that count as plugins, by name, whatever is in them; none while it
   * does not exist.
   */
  static List<Path> in(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches(NAMES))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }

  /** What {@link #read} finds, or nothing where it throws. */
  static Optional<PluginFile> tryRead(Path file) {
    try {
      return Optional.of(read(file));
    } catch (SaccadeException e) {
      return Optional.empty();
    }
  }

  private static Attributes headers(Path file) {
    try (JarFile jar = new JarFile(file.toFile(), false)) {
      Manifest manifest = jar.getManifest();
      if (manifest == null) {
        throw new SaccadeException(
            "is a jar but no OSGi bundle: it has no META-INF/MANIFEST.MF; " + HOW_TO);
      }
      if (!manifestComesFirst(file)) {
        throw new SaccadeException(
            "keeps META-INF/MANIFEST.MF behind other entries, where it is not found; pack it with"
                + " jar or Maven, not with zip");
      }
      return manifest.getMainAttributes();
    } catch (ZipException e) {
      throw new SaccadeException(
          "is no jar, or only part of one (%s); copy it again".formatted(e.getMessage()), e);
    } catch (IOException e) {
      throw new SaccadeException("cannot be read: " + OneLine.of(e), e);
    }
  }

  private static boolean manifestComesFirst(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        JarInputStream jar = new JarInputStream(in, false)) {
      return jar.getManifest() != null;
    }
  }

  private static Version version(@Nullable String text) {
    try {
      return Version.parseVersion(text);
    } catch (IllegalArgumentException e) {
      throw new SaccadeException(
          "has a Bundle-Version that is none: \"%s\"; write it as 1.2.3 or 1.2.3.word"
              .formatted(text),
          e);
    }
  }
}
