package dev.saccade.gpu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * What is known so far: sections of entries by their keys, in one JSON file that is whole at any
 * time. Who is interrupted goes on from it.
 */
final class Results {

  static final String FILE = "results.json";
  private static final String MACHINE = "machine";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final ObjectNode root;

  private Results(Path file, ObjectNode root) {
    this.file = file;
    this.root = root;
  }

  static Results begin(Path folder) {
    return new Results(folder.resolve(FILE), JSON.createObjectNode());
  }

  /**
   * Goes on from those of an earlier run, which may lie elsewhere.
   *
   * @throws IllegalArgumentException if the file is no such results
   */
  static Results resume(Path folder, Path earlier) {
    try {
      JsonNode read = JSON.readTree(Files.readString(earlier));
      if (read instanceof ObjectNode root && root.has(MACHINE)) {
        return new Results(folder.resolve(FILE), root);
      }
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "%s is not JSON: %s".formatted(earlier, e.getOriginalMessage()), e);
    } catch (IOException e) {
      throw new IllegalArgumentException("%s cannot be read: %s".formatted(earlier, e), e);
    }
    throw new IllegalArgumentException(
        "%s must be the %s of an earlier run, but has no \"%s\"".formatted(earlier, FILE, MACHINE));
  }

  static ObjectNode entry() {
    return JSON.createObjectNode();
  }

  /** The JSON of a file. */
  static JsonNode read(Path json) throws IOException {
    return JSON.readTree(Files.readString(json));
  }

  /** An empty one, if there is none yet. */
  ObjectNode section(String name) {
    return root.path(name) instanceof ObjectNode section ? section : JSON.createObjectNode();
  }

  boolean has(String section, String key) {
    return root.path(section).has(key);
  }

  /** Adds an entry, and writes all. */
  void put(String section, String key, JsonNode entry) {
    if (!(root.path(section) instanceof ObjectNode)) {
      root.putObject(section);
    }
    ((ObjectNode) root.path(section)).set(key, entry);
    write();
  }

  /**
   * Says on which machine results are made.
   *
   * @throws IllegalArgumentException if those that there are were made on another GPU
   */
  void setMachine(ObjectNode machine) {
    String known = root.path(MACHINE).path("gpu").asText();
    String now = machine.path("gpu").asText();
    if (root.has(MACHINE) && !known.equals(now)) {
      throw new IllegalArgumentException(
          "results of one run must come from one kind of GPU: those so far are from %s, this is %s"
              .formatted(known, now));
    }
    root.set(MACHINE, machine);
    write();
  }

  void remove(String section) {
    root.remove(section);
  }

  private void write() {
    replace(file, root.toPrettyString() + "\n");
  }

  /** Writes beside the file first, so that it is never half there. */
  static void replace(Path file, String text) {
    try {
      Path partial = file.resolveSibling(file.getFileName() + ".partial");
      Files.writeString(partial, text);
      Files.move(
          partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("%s cannot be written".formatted(file), e);
    }
  }
}
