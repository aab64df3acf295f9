package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Language models that have a short name: the Hugging Face directories among an installation's
 * models, each called what its directory is called.
 *
 * @param directory where they lie side by side
 */
public record ModelFolders(Path directory) {

  /** Returns all names, in alphabetical order. */
  public List<String> names() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(ModelFolders::isModel)
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be listed: %s".formatted(directory, e.getMessage()), e);
    }
  }

  private static boolean isModel(Path entry) {
    return Files.isRegularFile(entry.resolve(HuggingFaceFolder.CONFIG));
  }

  /**
   * Returns the directory of a model.
   *
   * @param nameOrPath one of {@link #names}, which goes first, or the path of a directory
   * @throws SaccadeException if it is neither
   */
  public Path find(String nameOrPath) {
    if (names().contains(nameOrPath)) {
      return directory.resolve(nameOrPath);
    }
    Path path;
    try {
      path = Path.of(nameOrPath);
    } catch (InvalidPathException e) {
      throw new SaccadeException("%s is no valid path: %s".formatted(nameOrPath, e.getReason()), e);
    }
    if (!Files.isDirectory(path)) {
      throw new SaccadeException(
          ("no language model is named %s and there is no such directory; in %s: %s. A directory"
                  + " must be Hugging Face's of an OPT, with %s and %s")
              .formatted(
                  nameOrPath,
                  directory,
                  names().isEmpty() ? "none" : String.join(", ", names()),
                  HuggingFaceFolder.CONFIG,
                  TensorFiles.WHOLE));
    }
    return path;
  }
}
